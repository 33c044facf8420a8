import { basename } from 'node:path';
import { AppError } from '../../errors.ts';

/**
 * The prefix of ids that a directory's name gives: `my.proj` gives `my_proj`.
 *
 * @example prefixOfDirectory('/home/ann/gas-town') // 'gas-town'
 */
export function prefixOfDirectory(directory: string): string {
  const name = basename(directory)
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/^\.+|[-.\s]+$/g, '')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .slice(0, 40);
  if (name === '') return 'bd';
  return /^[A-Za-z_]/.test(name) ? name : `bd_${name}`;
}

/**
 * A prefix as it was typed, `hm` or `hm-`, without the dash.
 *
 * @throws AppError VALIDATION
 */
export function readPrefix(typed: string): string {
  const prefix = typed.trim().replace(/-+$/, '');
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(prefix)) return prefix;
  throw new AppError('VALIDATION', `"${typed}" cannot be the prefix of ids`, {
    hint: 'use letters, digits, - and _, 64 at most: bd init --prefix hm',
  });
}

const RESERVED = ['information_schema', 'mysql', 'performance_schema', 'sys', 'dolt_cluster'];

/** Name of the database for a prefix: `-` and `.` become `_`. */
export function databaseOfPrefix(prefix: string): string {
  const name = prefix.replace(/[-.]/g, '_').slice(0, 64);
  return RESERVED.includes(name.toLowerCase()) ? `${name}_beads` : name;
}
