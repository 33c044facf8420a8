/**
 * For the environment of every Dolt that pushes or pulls: it puts chunks into table files as they
 * are. By default it packs them into an archive with zstd, which takes longer than all the rest of a
 * push, for two thirds of the bytes. Who pays for bytes sets the variable to 1 (Dolt reads it in
 * `store/datas/pull`).
 */
export const PUSHES_FAST = { DOLT_ARCHIVE_PULL_STREAMER: '0' };
