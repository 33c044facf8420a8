import { listTypes, type TypesResult } from '../../src/beads/query/words.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export default class Types extends BdCommand {
  static override summary = 'List the types that issues can have';

  async run(): Promise<TypesResult> {
    const { flags } = await this.parse(Types);
    const beads = await this.open(flags, { write: false });
    return this.show(await listTypes(beads), renderTypes);
  }
}

function renderTypes(result: TypesResult): string {
  const core = result.core_types.map(({ name, description }) => `  ${name.padEnd(12)}${description}`);
  const custom = result.custom_types?.map((name) => `  ${name}`) ?? [];
  return ['Core types:', ...core, ...(custom.length > 0 ? ['', 'Custom types:', ...custom] : [])].join('\n');
}
