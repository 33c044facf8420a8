import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import {
  allConfig,
  type ConfigAccess,
  type ConfigChangeOptions,
  type ConfigEntry,
  getConfig,
  setConfig,
  unsetConfig,
} from './config-store.ts';
import { readDatabaseSettings } from './database-settings.ts';
import type { Location } from './locate.ts';
import { loadSettings } from './settings.ts';
import { type ConfigProblem, validateConfig } from './validate-config.ts';

/** The value of one setting of an open workspace, wherever it is kept. */
export function getSetting(beads: Beads, key: string): Promise<ConfigEntry> {
  return getConfig(accessTo(beads), key);
}

/**
 * Sets settings, all or none of them. Those of files hold for what is opened from now on.
 *
 * @throws AppError VALIDATION, READ_ONLY, CONFIG_INVALID, NOT_INITIALIZED
 * @example await setSettings(beads, { 'status.custom': 'review:wip' });
 */
export async function setSettings(
  beads: Beads,
  values: Readonly<Record<string, string>>,
  options: ConfigChangeOptions = {},
): Promise<ConfigEntry[]> {
  requireWritable(beads);
  return setConfig(accessTo(beads), new Map(Object.entries(values)), options);
}

/** Removes a setting; returns what holds from now on. */
export async function unsetSetting(beads: Beads, key: string): Promise<ConfigEntry> {
  requireWritable(beads);
  return unsetConfig(accessTo(beads), key);
}

/** The settings that the database keeps. */
export async function databaseSettings(beads: Beads): Promise<Record<string, string>> {
  return Object.fromEntries(await readDatabaseSettings(beads.db));
}

/** All settings, with where each comes from. */
export function allSettings(beads: Beads): Promise<{ entries: ConfigEntry[]; unreachable?: string }> {
  return allConfig(accessTo(beads));
}

/** What is wrong with the configuration files. */
export async function settingProblems(beads: Beads): Promise<ConfigProblem[]> {
  return validateConfig((await readAgain(beads)).settings);
}

function accessTo(beads: Beads): ConfigAccess {
  return { locate: () => readAgain(beads), open: async () => beads };
}

/** The files may have changed since they were read. */
async function readAgain({ location }: Beads): Promise<Location> {
  const { beadsDir, redirectedFrom, settings } = location;
  return { ...location, settings: await loadSettings({ beadsDir, redirectedFrom, env: settings.env }) };
}

function requireWritable(beads: Beads): void {
  if (beads.readonly) throw new AppError('READ_ONLY', 'settings cannot be changed in read-only mode');
}
