/** What a push or pull without any remote says; scripts of the Go `bd` look for it. */
export const NO_REMOTE = 'No remote is configured — skipping.';
