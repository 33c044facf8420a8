import { parseDuration } from '../../util/duration.ts';
import type { Settings } from '../workspace/settings.ts';

/** How long a remote may take, in ms: the setting `dolt.remote-timeout`. */
export function remoteTimeoutMs(settings: Pick<Settings, 'value'>): number {
  return parseDuration(settings.value('dolt.remote-timeout') ?? '5m');
}
