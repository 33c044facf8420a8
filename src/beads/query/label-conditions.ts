import { AppError, messageOf } from '../../errors.ts';
import type { IssueFilter } from './filter.ts';
import type { Layer } from './layers.ts';
import { escapeLike, inList, raw, type Sql, sql } from './sql.ts';

/** The part of a filter that is about labels. Each wish is one join with the ids that fulfil it. */
export function labelConditions(filter: IssueFilter, layer: Layer): { joins: Sql[]; where: Sql[] } {
  const labels = raw(layer.labels);
  const joins: Sql[] = [];
  const where: Sql[] = [];
  const having = (condition: Sql) => {
    const alias = raw(`labelled${joins.length}`);
    const ids = sql`SELECT DISTINCT issue_id FROM ${labels} WHERE ${condition}`;
    joins.push(sql`JOIN (${ids}) ${alias} ON ${alias}.issue_id = i.id`);
  };
  const lacking = (condition: Sql) => {
    const alias = raw(`unlabelled${joins.length}`);
    const ids = sql`SELECT DISTINCT issue_id FROM ${labels} WHERE ${condition}`;
    joins.push(sql`LEFT JOIN (${ids}) ${alias} ON ${alias}.issue_id = i.id`);
    where.push(sql`${alias}.issue_id IS NULL`);
  };
  for (const label of filter.labels ?? []) having(sql`label = ${label}`);
  if (filter.labelsAny && filter.labelsAny.length > 0) having(sql`label IN ${inList(filter.labelsAny)}`);
  if (filter.labelPattern !== undefined) having(sql`label LIKE ${likeOfGlob(filter.labelPattern)}`);
  if (filter.labelRegex !== undefined) {
    checkRegex(filter.labelRegex);
    having(sql`label REGEXP ${filter.labelRegex}`);
  }
  if (filter.excludeLabels && filter.excludeLabels.length > 0) lacking(sql`label IN ${inList(filter.excludeLabels)}`);
  if (filter.unlabelled) lacking(raw('TRUE'));
  return { joins, where };
}

/** `*` and `?` of a glob as `%` and `_`. */
function likeOfGlob(glob: string): string {
  return escapeLike(glob).replaceAll('*', '%').replaceAll('?', '_');
}

/** The database's own message about a broken expression names its engine, not what was typed. */
function checkRegex(pattern: string): void {
  try {
    new RegExp(pattern);
  } catch (error) {
    throw new AppError('VALIDATION', `"${pattern}" is not a regular expression: ${messageOf(error)}`, { cause: error });
  }
}
