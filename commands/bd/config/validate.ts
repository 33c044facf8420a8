import { type ConfigProblem, validateConfig } from '../../../src/beads/workspace/validate-config.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import type { Paint } from '../../../src/cli/style.ts';

export interface ValidateResult {
  valid: boolean;
  problems: ConfigProblem[];
}

export default class ConfigValidate extends BdCommand {
  static override summary = 'Check the configuration files';
  static override description = 'Ends with 1 when a setting cannot be used; warnings alone are no failure.';

  async run(): Promise<ValidateResult> {
    const { flags } = await this.parse(ConfigValidate);
    const problems = validateConfig((await this.locate({ ...flags, db: undefined })).settings);
    const valid = problems.every((problem) => problem.severity !== 'error');
    if (!valid) process.exitCode = 1;
    return this.show({ valid, problems }, render);
  }
}

function render({ valid, problems }: ValidateResult, paint: Paint): string {
  const lines = problems.map(({ key, severity, message, location }) => {
    const mark = severity === 'error' ? paint('red', '✖') : paint('yellow', '⚠');
    return `${mark} ${key} ${message}  ${paint('dim', `(${location})`)}`;
  });
  return [...lines, ...(valid ? [`${paint('green', '✓')} Configuration is valid`] : [])].join('\n');
}
