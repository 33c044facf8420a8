/**
 * Two views for people with a SQL shell; neither `bd` reads them. They know less than `bd ready`:
 * no `conditional-blocks`, no `waits-for`, no wisps.
 */
export const VIEWS: readonly string[] = [
  `CREATE OR REPLACE VIEW ready_issues AS
WITH RECURSIVE held AS (
  SELECT d.issue_id AS id, 0 AS depth
  FROM dependencies d JOIN issues b ON b.id = d.depends_on_id
  WHERE d.type = 'blocks' AND b.status NOT IN ('closed', 'pinned')
  UNION
  SELECT d.issue_id, h.depth + 1
  FROM held h JOIN dependencies d ON d.depends_on_id = h.id AND d.type = 'parent-child'
  WHERE h.depth < 50
)
SELECT i.*
FROM issues i
WHERE (i.status = 'open' OR i.status IN (SELECT name FROM custom_statuses WHERE category = 'active'))
  AND COALESCE(i.ephemeral, 0) = 0
  AND (i.defer_until IS NULL OR i.defer_until <= UTC_TIMESTAMP())
  AND i.id NOT IN (SELECT id FROM held)
  AND NOT EXISTS (
    SELECT 1 FROM dependencies c JOIN issues p ON p.id = c.depends_on_id
    WHERE c.issue_id = i.id AND c.type = 'parent-child' AND p.defer_until > UTC_TIMESTAMP()
  )`,
  `CREATE OR REPLACE VIEW blocked_issues AS
SELECT i.*, COUNT(*) AS blocked_by_count
FROM issues i
JOIN dependencies d ON d.issue_id = i.id AND d.type = 'blocks'
JOIN issues b ON b.id = d.depends_on_id AND b.status NOT IN ('closed', 'pinned')
WHERE i.status NOT IN ('closed', 'pinned')
  AND i.status NOT IN (SELECT name FROM custom_statuses WHERE category IN ('done', 'frozen'))
  AND b.status NOT IN (SELECT name FROM custom_statuses WHERE category IN ('done', 'frozen'))
GROUP BY i.id`,
];
