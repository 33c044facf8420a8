import { rm } from 'node:fs/promises';

/**
 * Removes a directory with all that is in it, if it is there. A program that a killed run of ours
 * left may still be writing there: then it is tried again for some seconds.
 */
export function removeTree(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 15, retryDelay: 50 });
}
