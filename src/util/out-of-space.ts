/** Whether a program says that the disk is full, or the user's share of it. */
export function isOutOfSpace(said: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(said);
}
