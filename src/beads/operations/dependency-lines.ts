import { AppError, messageOf } from '../../errors.ts';
import type { NewDependency } from './dependencies.ts';

const FROM = ['from', 'issue_id', 'issue'];
const TO = ['to', 'depends_on_id', 'depends_on'];

/**
 * Dependencies from lines of JSON: `{"from":"hm-a","to":"hm-b","type":"blocks"}`, or with the names of
 * an export, `issue_id` and `depends_on_id`.
 *
 * @param type for lines that name none
 * @throws AppError VALIDATION with the line
 */
export function parseDependencyLines(text: string, type: string): NewDependency[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const fields = parseLine(line, index + 1);
    const named = (names: readonly string[]): string => {
      const value = names.map((name) => fields[name]).find((each) => typeof each === 'string' && each !== '');
      if (typeof value === 'string') return value;
      throw new AppError('VALIDATION', `line ${index + 1}: "${names[0]}" is missing`);
    };
    const own = fields['type'];
    return [{ issue: named(FROM), dependsOn: named(TO), type: typeof own === 'string' && own !== '' ? own : type }];
  });
}

function parseLine(line: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    throw new Error('not an object');
  } catch (error) {
    throw new AppError('VALIDATION', `line ${number}: ${messageOf(error)}`, { cause: error });
  }
}
