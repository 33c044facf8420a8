import type { AppError } from '../../errors.ts';
import { type ErrorDocument, errorDocument } from '../error-projection.ts';

/** In the JSON of `gt dolt backup`, beside the backups that were made: the first error, and all. */
export interface BackupErrors {
  error?: string;
  code?: string;
  exit_code?: number;
  errors?: (Omit<ErrorDocument, 'schema_version'> & { rig: string })[];
}

export function backupErrors(failed: readonly { rig: string; error: AppError }[]): BackupErrors {
  const [first] = failed;
  if (!first) return {};
  const { message, code, exitCode } = first.error;
  const errors = failed.map(({ rig, error }) => {
    const { schema_version: _, ...document } = errorDocument(error, error.exitCode);
    return { rig, ...document };
  });
  return { error: message, code, exit_code: exitCode, errors };
}
