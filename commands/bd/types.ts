import { readKnownWords } from '../../src/beads/query/known-words.ts';
import { CORE_TYPES } from '../../src/beads/vocabulary.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

/** What `bd types --json` prints. */
export interface TypesResult {
  core_types: readonly { name: string; description: string }[];
  custom_types?: readonly string[];
}

export default class Types extends BdCommand {
  static override summary = 'List the types that issues can have';

  async run(): Promise<TypesResult> {
    const { flags } = await this.parse(Types);
    const beads = await this.open(flags, { write: false });
    const { customTypes } = await readKnownWords(beads.db, beads);
    return this.show(
      { core_types: CORE_TYPES, ...(customTypes.length > 0 ? { custom_types: customTypes } : {}) },
      renderTypes,
    );
  }
}

function renderTypes(result: TypesResult): string {
  const core = result.core_types.map(({ name, description }) => `  ${name.padEnd(12)}${description}`);
  const custom = result.custom_types?.map((name) => `  ${name}`) ?? [];
  return ['Core types:', ...core, ...(custom.length > 0 ? ['', 'Custom types:', ...custom] : [])].join('\n');
}
