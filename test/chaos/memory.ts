import { readFileSync } from 'node:fs';
import type { ChaosTown } from './town.ts';

const SAMPLE_MS = 2_000;
/** A supervisor that is younger is still loading what it needs. */
const WARM_SAMPLES = 3;
const GROWTH_BYTES = 20 * 1024 * 1024;

/**
 * Watches the memory of the supervisors, of which there are several where they are killed: those
 * that live through a calm (see `misfortunes.ts`) tell whether it grows.
 */
export function watchMemory(town: ChaosTown): { end(): string[]; largest(): number } {
  const samples = new Map<number, number[]>();
  const timer = setInterval(() => {
    const pid = town.supervisorPid();
    const bytes = pid === undefined ? undefined : residentBytes(pid);
    if (pid !== undefined && bytes !== undefined) samples.set(pid, [...(samples.get(pid) ?? []), bytes]);
  }, SAMPLE_MS);
  return {
    largest: () => Math.max(0, ...[...samples.values()].flat()),
    end() {
      clearInterval(timer);
      return [...samples].flatMap(([pid, bytes]) => {
        const warm = bytes.slice(WARM_SAMPLES);
        const growth = (warm.at(-1) ?? 0) - (warm[0] ?? 0);
        return growth > GROWTH_BYTES ? [`the supervisor ${pid} grew by ${Math.round(growth / 2 ** 20)} MB`] : [];
      });
    },
  };
}

function residentBytes(pid: number): number | undefined {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024 || undefined;
  } catch {
    return undefined;
  }
}
