/** Argument of the supervisor's program, after the data dir: start nothing by itself, see `Supervisor`. */
export const ADOPT_ONLY = '--adopt-only';
