import { SEVERITY_LEVELS } from '../../core/advisories/types.ts';
import { BLOCKED_REASONS, type Problem, type Target } from '../../core/compliance/inventory.ts';
import type { ComplianceStatus } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';
import type { Paint, Palette } from '../style.ts';
import { duration, elapsed } from './age.ts';
import { type Page, remedy } from './page.ts';
import { compareText, sections } from './sections.ts';
import { wrap } from './wrap.ts';

const BLOCKED: ReadonlySet<string> = new Set<string>(BLOCKED_REASONS);

/** Why, where the report itself gives no reason. */
const BARE_REASON: Readonly<Record<ComplianceStatus, string>> = {
  COMPLIANT: 'Every approved update is installed.',
  NON_COMPLIANT: 'Approved updates are missing.',
  UNKNOWN: 'The scan could not tell.',
};

export function statusPaint(status: ComplianceStatus, palette: Palette): Paint {
  const colour = { COMPLIANT: palette.green, NON_COMPLIANT: palette.red, UNKNOWN: palette.yellow }[status];
  return (text) => palette.bold(colour(text));
}

/** The status with its first reason, the other reasons, and each problem with the command that mends it. */
export function statusLines(page: Page): readonly string[] {
  const { status, statusReasons, problems } = page.report;
  const [headline = BARE_REASON[status], ...others] = statusReasons;
  const [first = '', ...rest] = wrap(visible(headline), page.width, `${status}  `, '  ');
  const spoken = new Set(problems.map(({ message }) => message));
  return [
    statusPaint(status, page.palette)(status) + first.slice(status.length),
    ...rest,
    ...urgencyLines(page),
    ...others.filter((reason) => !spoken.has(reason)).flatMap((reason) => wrap(visible(reason), page.width, '  ')),
    ...problems.flatMap((problem) => problemLines(problem, headline, page)),
  ];
}

/** How urgent what is missing is: whether to get out of bed. */
function urgencyLines({ report, palette, width }: Page): readonly string[] {
  const missing = sections(report).missing;
  if (missing.length === 0) return [];
  const severities = Map.groupBy(missing, ({ severity }) => severity?.mapped ?? 'unknown');
  const known = SEVERITY_LEVELS.flatMap((level) => {
    const count = severities.get(level)?.length ?? 0;
    return count === 0 ? [] : [`${count} ${level === 'unknown' ? 'of unknown severity' : level}`];
  });
  const exploited = missing.filter((patch) => patch.exploited.length > 0).length;
  const blocked = missing.filter(({ reason }) => BLOCKED.has(reason));
  const why = [...new Set(blocked.map(({ reason }) => reason))].sort(compareText).join(', ');
  const urgent = exploited > 0 ? `; ${exploited} EXPLOITED in the wild` : '';
  return [
    ...wrap(`missing: ${known.join(', ')}${urgent}`, width, '  ').map(exploited > 0 ? palette.red : palette.bold),
    ...(blocked.length > 0 ? wrap(`not installable now: ${blocked.length} (${why})`, width, '  ') : []),
  ];
}

function problemLines(problem: Problem, headline: string, page: Page): readonly string[] {
  const label = problem.unknown ? '  problem: ' : '  note: ';
  const message = problem.message === headline ? [] : wrap(visible(problem.message), page.width, label, '    ');
  return [
    ...message.map(page.palette.yellow),
    ...(problem.next === null ? [] : [`    run: ${page.palette.bold(remedy(problem.next, page))}`]),
  ];
}

/** What was looked at, how, with which lists and against which baseline. */
export function targetLines(page: Page): readonly string[] {
  const { target, scannedAt, listsUpdatedAt, baseline } = page.report;
  const lists = elapsed(listsUpdatedAt, scannedAt);
  const id = baseline.id === null ? '' : ` ${baseline.id}`;
  const facts: readonly (readonly [string, string])[] = [
    [
      'target',
      `${target.hostname || target.address}, ${target.os.prettyName}, ${target.architecture}, ${kernel(target)}`,
    ],
    ['looked at', `${access(target)}, ${scannedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}`],
    ['lists', lists === null ? 'of unknown age' : `${duration(lists)} old`],
    ['baseline', `${baseline.name}${id} (${baseline.from})`],
  ];
  return facts.flatMap(([name, value]) =>
    wrap(visible(value), page.width, `  ${name.padEnd(9)}  `, ' '.repeat(13)).map((line) => line.trimEnd()),
  );
}

function kernel({ kernel: running }: Target): string {
  return running === null ? 'no kernel of its own runs' : `kernel ${running}`;
}

function access({ access: way, address }: Target): string {
  switch (way) {
    case 'local':
      return 'on the machine itself';
    case 'ssh':
      return `over ssh as ${address}`;
    case 'chroot':
      return `in the root ${address}, with its own tools`;
    case 'offline':
      return `in the root ${address}, with the tools of this machine`;
    case 'agent':
      return 'through its agent';
  }
}
