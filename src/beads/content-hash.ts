import { createHash } from 'node:crypto';
import type { Issue } from './issue.ts';

/**
 * The `content_hash` of an issue: SHA-256 over its content fields, each followed by a NUL byte, as
 * the Go `bd` 1.0.3 computes it. Ids, times, labels and dependencies are not part of it.
 *
 * @param metadataText the metadata as it was supplied; empty for none
 * @returns 64 hex digits
 */
export function contentHash(issue: Issue, metadataText = ''): string {
  const hash = createHash('sha256');
  const fields = [
    issue.title,
    issue.description,
    issue.design,
    issue.acceptance_criteria,
    issue.notes,
    issue.spec_id,
    issue.status,
    String(issue.priority),
    issue.issue_type,
    issue.assignee,
    issue.owner,
    issue.created_by,
    issue.external_ref,
    issue.source_system,
    issue.pinned ? 'pinned' : '',
    metadataText,
    issue.is_template ? 'template' : '',
    issue.await_type,
    issue.await_id,
    String(issue.timeout ?? 0),
    ...(issue.waiters ?? []),
    issue.mol_type,
    issue.work_type,
    issue.event_kind,
    issue.actor,
    issue.target,
    issue.payload,
  ];
  for (const field of fields) hash.update(`${field ?? ''}\0`);
  return hash.digest('hex');
}
