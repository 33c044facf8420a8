import { Args } from '@oclif/core';

/** The two revisions of a diff, as `git diff` has them: what is left out is HEAD, and the working set. */
export const revisionArgs = {
  from: Args.string({ description: 'the older revision', default: 'HEAD' }),
  to: Args.string({ description: 'the newer revision', default: 'WORKING' }),
};
