/**
 * Compares two texts as their UTF-8 would be compared, byte by byte, which is how Dolt orders them.
 * Units of UTF-16 have the same order but for those beyond U+FFFF, which come in pairs of surrogates:
 * these are the greatest.
 *
 * @example ['😀', '\uff5e'].sort(compareAsBytes) // ['\uff5e', '😀']
 */
export function compareAsBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
