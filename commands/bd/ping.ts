import { BdCommand } from '../../src/cli/bd-command.ts';

export interface PingResult {
  status: 'ok';
  /** Finding the workspace, in ms. */
  resolve_ms: number;
  /** Connecting, and checking identity and schema, in ms. */
  store_ms: number;
  /** One query, in ms. */
  query_ms: number;
  total_ms: number;
}

export default class Ping extends BdCommand {
  static override summary = 'Check that the database answers';

  async run(): Promise<PingResult> {
    const { flags } = await this.parse(Ping);
    const started = performance.now();
    await this.locate(flags);
    const located = performance.now();
    const beads = await this.open(flags, { write: false });
    const opened = performance.now();
    await beads.db.query('SELECT 1 AS one');
    const answered = performance.now();
    const result: PingResult = {
      status: 'ok',
      resolve_ms: Math.round(located - started),
      store_ms: Math.round(opened - located),
      query_ms: Math.round(answered - opened),
      total_ms: Math.round(answered - started),
    };
    return this.show(result, ({ total_ms, query_ms }) => `ok: ${total_ms}ms (query ${query_ms}ms)`);
  }
}
