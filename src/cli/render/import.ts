import type { ImportResult } from '../../beads/transfer/import.ts';

/** What `bd import --json` prints. */
export interface ImportDocument {
  created: number;
  updated: number;
  unchanged: number;
  /** Lines of deleted issues and of unknown kinds. */
  skipped: number;
  dedup_skipped?: number;
  memories?: number;
  dry_run?: true;
  source: string;
}

export function importDocument(result: ImportResult, source: string, dryRun: boolean): ImportDocument {
  return {
    created: result.created,
    updated: result.updated,
    unchanged: result.unchanged,
    skipped: result.skipped,
    ...(result.dedupSkipped > 0 ? { dedup_skipped: result.dedupSkipped } : {}),
    ...(result.memories > 0 ? { memories: result.memories } : {}),
    ...(dryRun ? { dry_run: true } : {}),
    source,
  };
}

export function renderImport(document: ImportDocument): string {
  const { created, updated, unchanged, skipped } = document;
  const total = created + updated + unchanged;
  const details = [
    `${created} created`,
    `${updated} updated`,
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(document.dedup_skipped ? [`${document.dedup_skipped} with a known title`] : []),
    ...(document.memories ? [`${document.memories} memories`] : []),
  ].join(', ');
  const verb = document.dry_run ? 'Would import' : 'Imported';
  return `${verb} ${total} issues from ${document.source} (${details})`;
}

/** One line for each circle. */
export function cycleWarnings(cycles: readonly (readonly string[])[]): string[] {
  return cycles.map((ids) =>
    ids.length === 1
      ? `warning: ${ids[0]} depends on itself, so it never becomes ready: bd dep remove ${ids[0]} ${ids[0]}`
      : `warning: a dependency cycle: ${[...ids, ids[0]].join(' -> ')}; none of them becomes ready: bd dep cycles`,
  );
}

export function statusWarning(statuses: readonly string[]): string {
  const names = statuses.join(', ');
  return `warning: this database does not know these statuses: ${names}; make them known with: bd config set status.custom "${statuses.join(',')}"`;
}
