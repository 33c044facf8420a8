/** What writers tried and what they were told: the truth that the databases are held against. */
export interface Journal {
  /** Titles of issues that a writer tried to create: told that it is there, or not. */
  readonly created: Map<string, { rig: string; acknowledged: boolean }>;
  /** Comments by their text. */
  readonly commented: Map<string, { rig: string; id: string; acknowledged: boolean }>;
  /** Who was told to have won the claim of an issue. */
  readonly winners: Map<string, { rig: string; actors: string[] }>;
  /** Texts that a writer gave to the notes of an issue of its own, in order. */
  readonly notes: Map<string, { rig: string; texts: { text: string; acknowledged: boolean }[] }>;
  /** Issues that a writer was told are closed. */
  readonly closed: Map<string, { rig: string }>;
  /** How many writes were acknowledged, and how many ended with an error, by its code. */
  readonly counts: { acknowledged: number; failed: Map<string, number> };
}

export function makeJournal(): Journal {
  return {
    created: new Map(),
    commented: new Map(),
    winners: new Map(),
    notes: new Map(),
    closed: new Map(),
    counts: { acknowledged: 0, failed: new Map() },
  };
}
