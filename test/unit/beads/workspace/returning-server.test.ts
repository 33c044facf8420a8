import { describe, expect, test } from 'vitest';
import { whenBack } from '../../../../src/beads/workspace/returning-server.ts';
import { AppError } from '../../../../src/errors.ts';

const unreachable = (code: string) =>
  new AppError('SERVER_UNREACHABLE', `no server (${code})`, { cause: Object.assign(new Error(code), { code }) });

/** Attempts of which so many are refused, and how often each question was asked. */
function server(refusals: number, code = 'ECONNREFUSED') {
  const asked = { connect: 0, isComing: 0 };
  const connect = async () => {
    asked.connect += 1;
    if (asked.connect <= refusals) throw unreachable(code);
    return 'connected';
  };
  return { asked, connect };
}

describe('a server that is started again', () => {
  test('is tried until it is there', async () => {
    const { asked, connect } = server(3);
    await expect(whenBack(connect, unreachable('ECONNRESET'), async () => true)).resolves.toBe('connected');
    expect(asked.connect).toBe(4);
  });

  test('is tried at once where nobody did before', async () => {
    const { asked, connect } = server(0);
    const never = () => Promise.reject(new Error('asked'));
    await expect(whenBack(connect, undefined, never)).resolves.toBe('connected');
    expect(asked.connect).toBe(1);
  });

  test('is given up when it is not coming any more', async () => {
    const { asked, connect } = server(9);
    const answers = [true, true, false];
    const isComing = async () => answers.shift() ?? true;
    await expect(whenBack(connect, unreachable('ECONNREFUSED'), isComing)).rejects.toThrow('ECONNREFUSED');
    expect(asked.connect).toBe(2);
  });

  test.each([
    unreachable('ETIMEDOUT'),
    unreachable('ENOTFOUND'),
    new AppError('ACCESS_DENIED', 'no'),
    new AppError('DATABASE_UNKNOWN', 'none'),
  ])('is not waited for after $message', async (error) => {
    const { asked, connect } = server(0);
    await expect(whenBack(connect, error, async () => true)).rejects.toBe(error);
    expect(asked.connect).toBe(0);
  });
});
