import { AppError, messageOf } from '../../errors.ts';
import type { Joined } from './conditions.ts';
import type { IssueFilter } from './filter.ts';
import type { Layer } from './layers.ts';
import { inList, raw, type Sql, sql } from './sql.ts';

/** The part of a filter that is about labels. Each wish is one join with the ids that fulfil it. */
export function labelConditions(filter: IssueFilter, layer: Layer): Joined {
  const labels = raw(layer.labels);
  const inner: Sql[] = [];
  const outer: Sql[] = [];
  const where: Sql[] = [];
  const having = (condition: Sql) => {
    const alias = raw(`labelled${inner.length}`);
    const ids = sql`SELECT DISTINCT issue_id FROM ${labels} WHERE ${condition}`;
    inner.push(sql`JOIN (${ids}) ${alias} ON ${alias}.issue_id = i.id`);
  };
  const lacking = (condition: Sql) => {
    const alias = raw(`unlabelled${outer.length}`);
    const ids = sql`SELECT DISTINCT issue_id FROM ${labels} WHERE ${condition}`;
    outer.push(sql`LEFT JOIN (${ids}) ${alias} ON ${alias}.issue_id = i.id`);
    where.push(sql`${alias}.issue_id IS NULL`);
  };
  for (const label of filter.labels ?? []) having(sql`label = ${label}`);
  if (filter.labelsAny && filter.labelsAny.length > 0) having(sql`label IN ${inList(filter.labelsAny)}`);
  if (filter.labelPattern !== undefined) having(sql`label REGEXP ${regexOfGlob(filter.labelPattern)}`);
  if (filter.labelRegex !== undefined) {
    checkRegex(filter.labelRegex);
    having(sql`label REGEXP ${filter.labelRegex}`);
  }
  if (filter.excludeLabels && filter.excludeLabels.length > 0) lacking(sql`label IN ${inList(filter.excludeLabels)}`);
  if (filter.unlabelled) lacking(raw('TRUE'));
  return { inner, outer, where };
}

/**
 * A glob as a regular expression. Not as a LIKE pattern: Dolt finds nothing for one that has an
 * escape and does not begin with `%`.
 */
function regexOfGlob(glob: string): string {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return `^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`;
}

/** The database's own message about a broken expression names its engine, not what was typed. */
function checkRegex(pattern: string): void {
  try {
    new RegExp(pattern);
  } catch (error) {
    throw new AppError('VALIDATION', `"${pattern}" is not a regular expression: ${messageOf(error)}`, { cause: error });
  }
}
