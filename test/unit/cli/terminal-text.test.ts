import { afterEach, expect, test, vi } from 'vitest';
import { painter, wantsColor } from '../../../src/cli/style.ts';
import { forTerminal } from '../../../src/cli/terminal-text.ts';

const terminal = { isTTY: true };

afterEach(() => vi.unstubAllEnvs());

function environment(values: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries({
    NO_COLOR: undefined,
    FORCE_COLOR: undefined,
    TERM: 'xterm',
    ...values,
  })) {
    vi.stubEnv(name, value);
  }
}

test('what issues hold does not move the cursor, set the title or hide text; our colours stay', () => {
  environment({});
  const evil = 'a\u001b]0;title\u0007b \u001b[2J\u001b[8mc\u009b31md\re\u0000\r\n\tf';
  expect(forTerminal(evil, terminal)).toBe('a�]0;title�b �[2J�[8mc�31md�e�\n\tf');
  const paint = painter(terminal);
  const ours = `${paint('green', '✓')} ${paint(['red', 'bold'], 'x')} ${paint('dim', 'y')} ${paint('reset', 'z')} ${paint('gray', 'g')}`;
  expect(ours).toContain('\u001b[32m');
  expect(forTerminal(ours, terminal)).toBe(ours);
  expect(forTerminal(evil, {})).toBe(evil);
});

test('without colours, those of others go too', () => {
  environment({ NO_COLOR: '1' });
  expect(forTerminal('a \u001b[31mred\u001b[39m', terminal)).toBe('a red');
});

test('an empty NO_COLOR is none', () => {
  environment({ NO_COLOR: '' });
  expect(wantsColor(terminal)).toBe(true);
  expect(painter(terminal)('bold', 'x')).toBe('\u001b[1mx\u001b[22m');
});
