import { sqlTime } from '../dates.ts';
import type { IssueFilter, TimeSpan } from './filter.ts';
import { labelConditions } from './label-conditions.ts';
import type { Layer } from './layers.ts';
import { containing, idTable, inList, join, raw, type Sql, sql } from './sql.ts';

/** What a filter adds to `SELECT … FROM issues i`. */
export interface Conditions {
  /** Goes between FROM and the table. */
  readonly first: Sql;
  /** `JOIN` clauses, then `LEFT JOIN` clauses. */
  readonly joins: readonly Sql[];
  readonly where: readonly Sql[];
}

/**
 * Conditions that need other tables. What must be there is an inner join; what must not be there is
 * an outer join and IS NULL, since Dolt reads whole rows for NOT IN and NOT EXISTS. The outer ones
 * come last: before an inner join, Dolt 1.86 loses their IS NULL.
 */
export interface Joined {
  readonly inner: readonly Sql[];
  readonly outer: readonly Sql[];
  readonly where: readonly Sql[];
}

/**
 * Compiles a filter for the issues of one layer, whose table has the alias `i`.
 *
 * @param now what `overdue` compares with
 * @throws AppError VALIDATION for a broken regular expression
 */
export function compileFilter(filter: IssueFilter, layer: Layer, now: Date): Conditions {
  const labels = labelConditions(filter, layer);
  const family = familyConditions(filter, layer);
  return {
    first: filter.ids ? sql`${idTable(filter.ids)} wanted JOIN ` : raw(''),
    joins: [
      ...(filter.ids ? [raw('ON i.id = wanted.id')] : []),
      ...labels.inner,
      ...family.inner,
      ...labels.outer,
      ...family.outer,
    ],
    where: [
      ...setConditions(filter),
      ...textConditions(filter),
      ...timeConditions(filter, now),
      ...flagConditions(filter),
      ...metadataConditions(filter),
      ...labels.where,
      ...family.where,
    ],
  };
}

function setConditions(filter: IssueFilter): Sql[] {
  const conditions: Sql[] = [];
  const within = (column: string, values: readonly (string | number)[] | undefined) => {
    if (values) conditions.push(sql`${raw(column)} IN ${inList(values)}`);
  };
  const without = (column: string, values: readonly string[] | undefined) => {
    if (values && values.length > 0) conditions.push(sql`${raw(column)} NOT IN ${inList(values)}`);
  };
  within('i.status', filter.statuses);
  without('i.status', filter.excludeStatuses);
  within('i.issue_type', filter.types);
  // Hardly an issue is of an excluded type. As a plain NOT IN, Dolt would walk the index of types.
  if (filter.excludeTypes && filter.excludeTypes.length > 0) {
    conditions.push(sql`(i.issue_type IN ${inList(filter.excludeTypes)}) = FALSE`);
  }
  within('i.priority', filter.priorities);
  if (filter.priorityMin !== undefined) conditions.push(sql`i.priority >= ${filter.priorityMin}`);
  if (filter.priorityMax !== undefined) conditions.push(sql`i.priority <= ${filter.priorityMax}`);
  if (filter.assignee !== undefined) conditions.push(sql`i.assignee = ${filter.assignee}`);
  if (filter.unassigned) conditions.push(raw("(i.assignee IS NULL OR i.assignee = '')"));
  if (filter.molType !== undefined) conditions.push(sql`i.mol_type = ${filter.molType}`);
  if (filter.wispType !== undefined) conditions.push(sql`i.wisp_type = ${filter.wispType}`);
  return conditions;
}

function textConditions(filter: IssueFilter): Sql[] {
  const like = (column: string, text: string) => sql`LOWER(${raw(column)}) LIKE ${containing(text)}`;
  const conditions = (filter.titleContains ?? []).map((text) => like('i.title', text));
  if (filter.descriptionContains !== undefined) conditions.push(like('i.description', filter.descriptionContains));
  if (filter.notesContains !== undefined) conditions.push(like('i.notes', filter.notesContains));
  if (filter.externalContains !== undefined) conditions.push(like('i.external_ref', filter.externalContains));
  if (filter.emptyDescription) conditions.push(raw("i.description = ''"));
  if (filter.specPrefix !== undefined) conditions.push(sql`LOCATE(${filter.specPrefix}, i.spec_id) = 1`);
  if (filter.search !== undefined) {
    const found = ['i.title', 'i.id', 'i.external_ref'].map((column) => like(column, filter.search ?? ''));
    conditions.push(sql`(${join(found, ' OR ')})`);
  }
  return conditions;
}

function timeConditions(filter: IssueFilter, now: Date): Sql[] {
  const conditions: Sql[] = [];
  const within = (column: string, span: TimeSpan | undefined) => {
    if (span?.after) conditions.push(sql`${raw(column)} > ${sqlTime(span.after)}`);
    if (span?.before) conditions.push(sql`${raw(column)} < ${sqlTime(span.before)}`);
  };
  within('i.created_at', filter.created);
  within('i.updated_at', filter.updated);
  within('i.closed_at', filter.closed);
  within('i.due_at', filter.due);
  within('i.defer_until', filter.deferUntil);
  if (filter.deferred) conditions.push(raw("(i.defer_until IS NOT NULL OR i.status = 'deferred')"));
  if (filter.awake) conditions.push(sql`(i.defer_until IS NULL OR i.defer_until <= ${sqlTime(now)})`);
  if (filter.overdue) conditions.push(sql`i.due_at < ${sqlTime(now)} AND i.status <> 'closed'`);
  return conditions;
}

function flagConditions(filter: IssueFilter): Sql[] {
  const conditions: Sql[] = [];
  const flag = (column: string, wanted: boolean | undefined) => {
    // NULL means no; `column = 0` alone would lose those rows, and COALESCE is dear on every row.
    if (wanted === false) conditions.push(raw(`(${column} = 0 OR ${column} IS NULL)`));
    if (wanted === true) conditions.push(raw(`${column} = 1`));
  };
  flag('i.pinned', filter.pinned);
  flag('i.is_template', filter.templates);
  flag('i.ephemeral', filter.ephemeral);
  return conditions;
}

function metadataConditions(filter: IssueFilter): Sql[] {
  const conditions = (filter.metadata ?? []).map(({ key, value }) => sql`JSON_UNQUOTE(${member(key)}) = ${value}`);
  if (filter.hasMetadataKey !== undefined) conditions.push(sql`${member(filter.hasMetadataKey)} IS NOT NULL`);
  return conditions;
}

function member(key: string): Sql {
  const path = (parts: readonly string[]) => `$${parts.map((part) => `.${JSON.stringify(part)}`).join('')}`;
  const whole = sql`JSON_EXTRACT(i.metadata, ${path([key])})`;
  const parts = key.split('.');
  return parts.length < 2 || parts.includes('')
    ? whole
    : sql`COALESCE(${whole}, JSON_EXTRACT(i.metadata, ${path(parts)}))`;
}

function familyConditions(filter: IssueFilter, layer: Layer): Joined {
  const edges = raw(layer.dependencies);
  const parented = sql`SELECT DISTINCT issue_id FROM ${edges} WHERE type = 'parent-child'`;
  return {
    inner:
      filter.parent === undefined
        ? []
        : [
            sql`JOIN ${edges} family ON family.issue_id = i.id AND family.depends_on_id = ${filter.parent} AND family.type = 'parent-child'`,
          ],
    outer: filter.topLevel ? [sql`LEFT JOIN (${parented}) parented ON parented.issue_id = i.id`] : [],
    where: filter.topLevel ? [raw('parented.issue_id IS NULL')] : [],
  };
}
