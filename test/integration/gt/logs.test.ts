import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { runCommand } from '../../helpers/running-command.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

interface Lines {
  lines: { rig: string; time: string | null; level: string; line: string }[];
}

/** A town without servers whose logs say what the test wants. */
async function townWithLogs(logs: Record<string, string[]>): Promise<TestTown> {
  const town = await makeTown({ rigs: Object.keys(logs) });
  mkdirSync(town.path('.gt/logs'), { recursive: true });
  for (const [rig, lines] of Object.entries(logs))
    appendFileSync(town.path(`.gt/logs/${rig}.log`), `${lines.join('\n')}\n`);
  return town;
}

const at = (second: number, text: string, level = 'info') =>
  `time="2026-01-02T03:04:${String(second).padStart(2, '0')}Z" level=${level} msg="${text}"`;

describe('gt dolt logs', () => {
  test('of several rigs are one, by time, each line with its rig; -n counts the last of all', async () => {
    const town = await townWithLogs({
      beads: [at(1, 'one'), at(4, 'four'), '  of four'],
      gastown: [at(2, 'two', 'warning'), at(3, 'three', 'error')],
    });
    const all = await town.gt(['dolt', 'logs']);
    expect(all.exitCode).toBe(0);
    expect(all.stdout.split('\n').map((line) => /^(\w+).*?(one|two|three|of four|four)/.exec(line)?.slice(1))).toEqual([
      ['beads', 'one'],
      ['gastown', 'two'],
      ['gastown', 'three'],
      ['beads', 'four'],
      ['beads', 'of four'],
    ]);
    const last = json<Lines>(await town.gt(['dolt', 'logs', '-n', '2', '--json']));
    expect(last.lines.map(({ rig, line }) => [rig, line.includes('four')])).toEqual([
      ['beads', true],
      ['beads', true],
    ]);
    const loud = json<Lines>(await town.gt(['dolt', 'logs', '--level', 'warn', '--json']));
    expect(loud.lines.map(({ level }) => level)).toEqual(['warning', 'error']);
    const late = json<Lines>(await town.gt(['dolt', 'logs', '--since', '2026-01-02T03:04:03Z', '--json']));
    expect(late.lines).toHaveLength(3);
    const none = json<Lines>(await town.gt(['dolt', 'logs', '--since', '10m', '--json']));
    expect(none.lines).toEqual([]);
  });

  test('a panic is an error, and so is what a program says that fails; lines go on with the one before', async () => {
    const town = await townWithLogs({
      beads: [
        'Starting server with Config HP="127.0.0.1:3307"',
        at(1, 'fine'),
        'panic: no luck',
        '',
        'goroutine 1 [running]:',
        'main.main()',
        '\t/src/main.go:12 +0x1d',
        'Starting server with Config HP="127.0.0.1:3307"',
        at(9, 'fine again'),
        'this config cannot be used',
      ],
    });
    const loud = json<Lines>(await town.gt(['dolt', 'logs', '--level', 'warn', '--json'])).lines;
    expect(loud.map(({ line }) => line)).toEqual([
      'panic: no luck',
      '',
      'goroutine 1 [running]:',
      'main.main()',
      '\t/src/main.go:12 +0x1d',
      'this config cannot be used',
    ]);
    expect(new Set(loud.map(({ level }) => level))).toEqual(new Set(['error']));
    const times = json<Lines>(await town.gt(['dolt', 'logs', '--json'])).lines.map(({ time }) => time?.slice(17, 19));
    // A start belongs to what follows it, an error to what was before it.
    expect(times).toEqual(['01', '01', '01', '01', '01', '01', '01', '09', '09', '09']);
  });

  test('lines before any that has a time come with those of their time, not first of all', async () => {
    const town = await townWithLogs({
      beads: [at(1, 'one'), at(3, 'three')],
      gastown: ['no time', '  nor here', at(2, 'two')],
      beads_rig: ['never a time'],
    });
    const { lines } = json<Lines>(await town.gt(['dolt', 'logs', '--json']));
    const words = lines.map(({ line }) => /msg="(\w+)"/.exec(line)?.[1] ?? line.trim());
    expect(words).toEqual(['one', 'no time', 'nor here', 'two', 'three', 'never a time']);
  });

  test('-f goes on when the log is rotated, when the server is started anew, and keeps up', async () => {
    const town = await makeTown({ yaml: 'logs: { max_size: 64k, keep: 2, level: debug }\n' });
    await town.start();
    const follow = runCommand(town, ['logs', '-f', '-n', '0', '--json']);
    const marks: string[] = [];
    const mark = async () => {
      const text = `mark_${marks.length}_`;
      marks.push(text);
      // A statement that is no good is logged with its text.
      await connection.query(`SELECT * FROM ${text}`).catch(() => undefined);
      return text;
    };
    let connection = await town.connect();
    // Until the follower is there, marks may come too early for it.
    await eventually('the follower', async () => {
      const text = await mark();
      return follow.prints(new RegExp(text), 500).then(
        () => true,
        () => false,
      );
    });
    marks.splice(0, marks.length - 1);
    const log = town.path('.gt/logs/beads.log');
    await eventually('two rotations', async () => {
      for (let count = 0; count < 20; count += 1) await mark();
      return existsSync(`${log}.2`);
    });
    await town.gt(['dolt', 'restart']);
    connection.destroy();
    connection = await town.connect();
    await follow.prints(new RegExp(await mark()));
    follow.signal('SIGINT');
    const { exitCode, stdout, stderr } = await follow.end();
    expect([exitCode, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n').map((line) => JSON.parse(line).line as string);
    const text = lines.join('\n');
    const missed = marks.filter((one) => !text.includes(one));
    // What is written in the very moment of the truncation is lost, see log-rotation.ts; no more.
    expect(marks.length).toBeGreaterThan(100);
    expect(missed.length, missed.join(' ')).toBeLessThan(marks.length / 50);
    // No more than what is kept, and for the user alone; a rotation that is under way comes to its end.
    await town.stop();
    expect(readdirSync(town.path('.gt/logs')).sort()).toEqual(['beads.log', 'beads.log.1', 'beads.log.2']);
    for (const name of ['beads.log', 'beads.log.1', 'beads.log.2'])
      expect(statSync(town.path('.gt/logs', name)).mode & 0o077).toBe(0);
  });
});
