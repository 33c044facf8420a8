/** Reads whose answer may be a moment old, by name. */
export type Recent = Map<string, { readonly at: number; readonly value: Promise<unknown> }>;

const FRESH_MS = 1_000;

/**
 * The answer of a read that was made less than a second ago, or a new one. Many callers at once
 * share one read. Without a place to keep answers each call reads.
 *
 * @param key names the read; always the same type for the same key
 * @example const settings = await recently(ctx.recent, 'settings', () => readSettings(db));
 */
export function recently<T>(recent: Recent | undefined, key: string, read: () => Promise<T>): Promise<T> {
  const known = recent?.get(key);
  // One key, one type: see above.
  if (known && Date.now() - known.at < FRESH_MS) return known.value as Promise<T>;
  const value = read();
  recent?.set(key, { at: Date.now(), value });
  value.catch(() => recent?.delete(key));
  return value;
}
