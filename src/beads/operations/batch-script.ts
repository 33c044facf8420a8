import { AppError } from '../../errors.ts';
import { parseDate } from '../dates.ts';
import { type NewIssue, parsePriority } from './new-issue.ts';
import type { IssueChanges } from './update.ts';

/** One line of a batch. */
export type BatchOperation =
  | { readonly line: number; readonly verb: 'close' | 'reopen'; readonly id: string; readonly reason: string }
  | { readonly line: number; readonly verb: 'update'; readonly id: string; readonly changes: IssueChanges }
  | { readonly line: number; readonly verb: 'create'; readonly issue: NewIssue }
  | { readonly line: number; readonly verb: 'claim'; readonly id: string }
  | { readonly line: number; readonly verb: 'comment'; readonly id: string; readonly text: string }
  | { readonly line: number; readonly verb: 'label add' | 'label remove'; readonly id: string; readonly label: string }
  | {
      readonly line: number;
      readonly verb: 'dep add' | 'dep remove';
      readonly issue: string;
      readonly dependsOn: string;
      readonly type?: string;
    };

/**
 * Reads the lines of a batch. Words are separated by blanks; quotes keep them together. Empty lines
 * and lines that begin with `#` say nothing.
 *
 * ```
 * create TYPE PRIORITY TITLE…        update ID KEY=VALUE…      close ID [REASON…]    reopen ID [REASON…]
 * claim ID    comment ID TEXT…       label add|remove ID LABEL
 * dep add ID DEPENDS_ON [TYPE]       dep remove ID DEPENDS_ON
 * ```
 *
 * @throws AppError VALIDATION with the line; nothing was done then
 * @example parseBatch('close hm-a1 done\nupdate hm-b2 status=in_progress priority=1\n', new Date())
 */
export function parseBatch(script: string, now: Date): BatchOperation[] {
  const operations: BatchOperation[] = [];
  for (const [index, text] of script.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(text)) continue;
    try {
      operations.push(parseLine(words(text), line, now));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new AppError(error.code, `line ${line}: ${error.message}`, {
        ...(error.hint ? { hint: error.hint } : {}),
        cause: error,
      });
    }
  }
  return operations;
}

function parseLine(words: readonly string[], line: number, now: Date): BatchOperation {
  const [first = ''] = words;
  const verb = first === 'dep' || first === 'label' ? `${first} ${words[1] ?? ''}` : first;
  const rest = words.slice(verb.includes(' ') ? 2 : 1);
  const at = (index: number, name: string): string => {
    const word = rest[index];
    if (word === undefined || word === '') throw invalid(`${verb} lacks ${name}`);
    return word;
  };
  switch (verb) {
    case 'close':
    case 'reopen':
      return { line, verb, id: at(0, 'an id'), reason: rest.slice(1).join(' ') };
    case 'claim':
      return { line, verb, id: at(0, 'an id') };
    case 'comment':
      at(1, 'a text');
      return { line, verb, id: at(0, 'an id'), text: rest.slice(1).join(' ') };
    case 'create':
      at(2, 'a title');
      return {
        line,
        verb,
        issue: {
          issue_type: at(0, 'a type'),
          priority: parsePriority(at(1, 'a priority')),
          title: rest.slice(2).join(' '),
        },
      };
    case 'update':
      at(1, 'KEY=VALUE');
      return { line, verb, id: at(0, 'an id'), changes: parseChanges(rest.slice(1), now) };
    case 'label add':
    case 'label remove':
      return { line, verb, id: at(0, 'an id'), label: at(1, 'a label') };
    case 'dep add':
    case 'dep remove': {
      const ends = { line, verb, issue: at(0, 'an id'), dependsOn: at(1, 'a second id') } as const;
      return rest[2] === undefined ? ends : { ...ends, type: rest[2] };
    }
    default:
      throw new AppError('VALIDATION', `unsupported batch command "${verb.trim()}"`, {
        hint: 'create, update, close, reopen, claim, comment, label add|remove, dep add|remove',
      });
  }
}

const TEXT_KEYS: Readonly<Record<string, keyof IssueChanges>> = {
  title: 'title',
  description: 'description',
  design: 'design',
  acceptance: 'acceptance_criteria',
  notes: 'notes',
  status: 'status',
  type: 'issue_type',
  assignee: 'assignee',
  'external-ref': 'external_ref',
  'spec-id': 'spec_id',
  parent: 'parent',
};

function parseChanges(pairs: readonly string[], now: Date): IssueChanges {
  const changes: Record<string, unknown> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw invalid(`"${pair}" is not KEY=VALUE`);
    const key = pair.slice(0, equals);
    const value = pair.slice(equals + 1);
    if (key === 'priority') changes['priority'] = parsePriority(value);
    else if (key === 'estimate') changes['estimated_minutes'] = Number(value);
    else if (key === 'due' || key === 'defer') {
      changes[key === 'due' ? 'due_at' : 'defer_until'] = value === '' ? null : parseDate(value, now).toISOString();
    } else if (Object.hasOwn(TEXT_KEYS, key)) changes[TEXT_KEYS[key] ?? key] = value;
    else
      throw invalid(
        `unknown key "${key}" (known: ${[...Object.keys(TEXT_KEYS), 'priority', 'estimate', 'due', 'defer'].join(', ')})`,
      );
  }
  return changes;
}

/** Words of a line: blanks separate, quotes keep together, `\` takes the next character as it is. */
function words(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === '\\' && quote !== "'" && index + 1 < text.length) {
      index += 1;
      word = (word ?? '') + (text[index] ?? '');
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? '') + character;
    } else if ((character === '"' || character === "'") && (word === undefined || word.endsWith('='))) {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) throw invalid(`a quote (${quote}) is not closed`);
  return word === undefined ? found : [...found, word];
}

function invalid(message: string): AppError {
  return new AppError('VALIDATION', message);
}
