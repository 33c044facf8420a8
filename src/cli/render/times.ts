/**
 * A time of an issue for people: `2026-11-22 07:42`, in UTC or in the zone of this machine.
 *
 * @param time RFC 3339
 */
export function minuteOf(time: string, local: boolean): string {
  return `${dayOf(time, local)} ${clockOf(time, local)}`;
}

/** `2026-11-22` */
export function dayOf(time: string, local: boolean): string {
  if (!local) return time.slice(0, 10);
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function clockOf(time: string, local: boolean): string {
  if (!local) return time.slice(11, 16);
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
