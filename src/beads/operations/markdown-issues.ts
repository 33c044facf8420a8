import { AppError } from '../../errors.ts';
import { parseDependencySpec } from './dependency-spec.ts';
import { type NewIssue, parsePriority } from './new-issue.ts';

/**
 * Issues from a Markdown text: a second-level heading is a title, what follows is its description, and
 * third-level headings name fields (Priority, Type, Description, Design, Acceptance Criteria, Notes,
 * Assignee, Labels, Dependencies). Other third-level sections stay part of the description. Headings
 * inside fenced code are code.
 *
 * @throws AppError VALIDATION with the line, or when there is no issue in it
 * @example parseMarkdownIssues('## Fix login\nIt fails.\n\n### Priority\n1\n')
 */
export function parseMarkdownIssues(markdown: string): NewIssue[] {
  const issues: NewIssue[] = [];
  for (const section of sections(markdown)) {
    if (section.level === 2) {
      issues.push({ title: section.heading, ...described(undefined, section.body) });
      continue;
    }
    const issue = issues.at(-1);
    if (issue) Object.assign(issue, fieldsOf(issue, section));
  }
  if (issues.length === 0) {
    throw new AppError('VALIDATION', 'no issues found in markdown file (expected ## Issue Title format)');
  }
  return issues;
}

interface Section {
  readonly level: 2 | 3;
  readonly heading: string;
  readonly body: string;
  readonly line: number;
}

function sections(markdown: string): Section[] {
  const found: { level: 2 | 3; heading: string; lines: string[]; line: number }[] = [];
  let fence: string | undefined;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence))) {
      fence = fence === undefined ? mark : undefined;
    }
    const heading = fence === undefined ? /^(#{2,3})\s+(.+?)\s*$/.exec(line) : null;
    if (heading) {
      const level = heading[1] === '##' ? 2 : 3;
      found.push({ level, heading: heading[2] ?? '', lines: [], line: index + 1 });
    } else {
      found.at(-1)?.lines.push(line);
    }
  }
  return found.map(({ level, heading, lines, line }) => ({ level, heading, line, body: lines.join('\n').trim() }));
}

function fieldsOf(issue: NewIssue, { heading, body, line }: Section): Partial<NewIssue> {
  try {
    switch (heading.toLowerCase()) {
      case 'priority':
        return body === '' ? {} : { priority: parsePriority(body) };
      case 'type':
        return { issue_type: body };
      case 'description':
        return described(issue.description, body);
      case 'design':
        return { design: body };
      case 'acceptance criteria':
      case 'acceptance':
        return { acceptance_criteria: body };
      case 'notes':
        return { notes: body };
      case 'assignee':
        return { assignee: body };
      case 'labels':
        return { labels: words(body) };
      case 'dependencies':
      case 'deps':
        return { dependencies: words(body).map(parseDependencySpec) };
      default:
        return described(issue.description, `### ${heading}\n${body}`);
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `line ${line}: ${error.message}`, { cause: error });
  }
}

function described(before: string | undefined, more: string): { description?: string } {
  const text = [before ?? '', more].filter((part) => part !== '').join('\n\n');
  return text === '' ? {} : { description: text };
}

/** Lists are separated by commas, blanks or lines, with or without bullets. */
function words(body: string): string[] {
  return body
    .split('\n')
    .flatMap((line) => line.replace(/^\s*[-*+]\s+/, '').split(/[,\s]+/))
    .filter((word) => word !== '');
}
