import { messageOf } from '../errors.ts';
import { readTownConfig, type TownConfig } from '../town/config.ts';

type Warn = (message: string) => void;

/** `gt.yaml` for who runs for months: while somebody edits it into something invalid, as it was last. */
export class TownSettings {
  private readonly file: string;
  private readonly warn: Warn;
  private problem: string | undefined;
  private known: TownConfig | undefined;

  constructor(file: string, warn: Warn) {
    this.file = file;
    this.warn = warn;
  }

  /** As it was when it was last read; undefined until then. */
  get last(): TownConfig | undefined {
    return this.known;
  }

  /**
   * As it is now, or, where that is invalid, as it was last: that is said once.
   *
   * @throws AppError CONFIG_INVALID when it has not been valid yet
   */
  async read(): Promise<TownConfig> {
    try {
      this.known = await readTownConfig(this.file);
      this.problem = undefined;
    } catch (error) {
      if (!this.known) throw error;
      const problem = messageOf(error);
      if (problem !== this.problem) this.warn(`goes on with the former gt.yaml: ${problem}`);
      this.problem = problem;
    }
    return this.known;
  }
}
