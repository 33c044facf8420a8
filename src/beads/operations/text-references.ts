/**
 * Puts `[deleted:<id>]` in the place of each mention of an id. `hm-a1` is not mentioned by `hm-a12`,
 * `hm-a1.1` or `x-hm-a1`, nor by a mark that is there already.
 *
 * @example markDeleted('see hm-a1.', ['hm-a1']) // 'see [deleted:hm-a1].'
 */
export function markDeleted(text: string, ids: readonly string[]): string {
  if (ids.length === 0 || !ids.some((id) => text.includes(id))) return text;
  const alternatives = [...ids].sort((a, b) => b.length - a.length).map(literally);
  const mention = new RegExp(`(?<![\\w-]|\\[deleted:)(?:${alternatives.join('|')})(?![\\w-]|\\.\\d)`, 'g');
  return text.replace(mention, (id) => `[deleted:${id}]`);
}

function literally(id: string): string {
  return id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
