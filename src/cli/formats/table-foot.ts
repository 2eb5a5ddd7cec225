import type { PatchResult, ScanReport } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';
import { type Page, remedy } from './page.ts';
import { byUrgency, FAULTS, type Section, sectionOf } from './sections.ts';
import { statusPaint } from './table-head.ts';
import { longest, wrap } from './wrap.ts';

export function rebootLines(page: Page): readonly string[] {
  const { rebootRequired, rebootReasons } = page.report;
  const { palette, width } = page;
  if (rebootRequired === false) return ['Reboot: not needed.'];
  const reasons = rebootReasons.flatMap(({ detail }) => wrap(visible(detail), width, '  - ', '    '));
  const [word, rest] = rebootRequired === null ? ['UNKNOWN', ' whether it is needed'] : ['NEEDED', ''];
  return [`Reboot: ${palette.bold(palette.yellow(word))}${rest}${reasons.length === 0 ? '.' : ':'}`, ...reasons];
}

/** One line that says it all again: after a long table it is the one that is still on the screen. */
export function countLines(page: Page): readonly string[] {
  const { counts, patches, status } = page.report;
  const waiting = patches.filter((patch) => sectionOf(patch) === 'not-approved').length;
  const said = [
    `${counts.missing} missing`,
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.installedPendingReboot > 0 ? [`${counts.installedPendingReboot} waiting for a reboot`] : []),
    ...(counts.installedRejected > 0 ? [`${counts.installedRejected} rejected but installed`] : []),
    `${waiting} available but not approved`,
    `${counts.installed + counts.installedOther} installed`,
  ];
  const caveat = status === 'UNKNOWN' ? 'as far as can be told, ' : '';
  const [first = '', ...rest] = wrap(caveat + said.join(', '), page.width, `${status}: `, '  ');
  return [statusPaint(status, page.palette)(status) + first.slice(status.length), ...rest];
}

interface Step {
  readonly command: string;
  readonly gives: string;
}

/** The commands, each with what it gives: beside it where all of them fit, else above. */
export function nextLines(page: Page): readonly string[] {
  const { bold, dim } = page.palette;
  const steps = nextSteps(page);
  const widest = longest(steps.map(({ command }) => command));
  const beside = steps.every(({ gives }) => widest + gives.length + 6 <= page.width);
  const lines = steps.flatMap(({ command, gives }) =>
    beside
      ? [`  ${bold(command)}${' '.repeat(widest - command.length)}  ${dim(`# ${gives}`)}`]
      : [`  ${dim(`# ${gives}`)}`, `  ${bold(command)}`],
  );
  return lines.length === 0 ? [] : ['Next:', ...lines];
}

function nextSteps(page: Page): readonly Step[] {
  const { report, again, all } = page;
  const steps: Step[] = [];
  const add = (gives: string, command: string) => steps.push({ gives, command });
  const has = (section: Section) => report.patches.some((patch) => sectionOf(patch) === section);
  if (report.status === 'UNKNOWN') {
    const remedies = new Set(
      report.problems.flatMap(({ unknown, next }) => (unknown && next !== null ? [remedy(next, page)] : [])),
    );
    for (const command of remedies) add('mends what is in the way', command);
    add(remedies.size > 0 ? 'then look again' : 'look again', `kintsugi scan${again}`);
    return steps;
  }
  if (has('missing') || has('failed')) add('what would be installed', `kintsugi patch${again} --dry-run`);
  const example = exampleName(report);
  if (example !== null) add('why it is in its state, rule by rule', `kintsugi explain${again} ${example}`);
  if (changelogsWouldTell(report)) add('which CVEs the updates fix', `kintsugi scan${again} --changelogs`);
  if (!all) add('every installed package too', `kintsugi scan${again} --all`);
  return steps;
}

/** Some updates have no better evidence than the label of their archive, and no changelog was read yet. */
function changelogsWouldTell({ patches }: ScanReport): boolean {
  const updates = patches.filter(({ availableVersion }) => availableVersion !== null);
  return (
    updates.some(({ classificationSource }) => classificationSource === 'archive') &&
    !updates.some(({ classificationSource }) => classificationSource === 'changelog')
  );
}

/** The most urgent patch with a name that a shell takes as it is: the commands are there to be copied. */
function exampleName(report: ScanReport): string | null {
  const plain = (patch: PatchResult) => /^[A-Za-z0-9][A-Za-z0-9.+_-]*$/.test(patch.name);
  const choice = report.patches.filter((patch) => sectionOf(patch) !== 'installed' && plain(patch)).sort(byUrgency);
  return (choice.find((patch) => FAULTS.has(sectionOf(patch))) ?? choice[0])?.name ?? null;
}
