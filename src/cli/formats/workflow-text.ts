import { visible } from '../../core/visible.ts';
import type { AnsweredEvent, AnsweredExecution, DescribedExecution } from '../client/workflow-answer.ts';
import type { Paint, Palette } from '../style.ts';
import { type LaneRow, laneRows } from './workflow-lanes.ts';
import { type StateMark, type StateVisit, stateVisits } from './workflow-states.ts';
import { wrap } from './wrap.ts';

const SIGNS: Readonly<Record<StateMark, string>> = {
  done: '+',
  running: '>',
  waiting: '?',
  failed: 'x',
  stopped: '-',
  unreached: ' ',
};
const LEGEND = '+ done  > running  ? waits for somebody  x failed  - stopped; the others were not reached';
const MOST_NAME = 50;
const MOST_CAUSE = 2000;

/** `12 s`, `3 min 4 s`, `2 h 5 min`: a state takes seconds, an approval days. */
export function lasted(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (seconds < 1) return '< 1 s';
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} days`;
}

export function workflowListText(executions: readonly AnsweredExecution[], now: Date, palette: Palette): string {
  if (executions.length === 0) return 'No executions. `kintsugi image bake FAMILY --publish` starts one.\n';
  const seconds = now.getTime() / 1000;
  const rows = executions.map((one) => [
    one.status,
    clock(one.startDate),
    lasted((one.stopDate ?? seconds) - one.startDate),
    cut(machineOf(one)),
    cut(one.name),
  ]);
  const head = ['STATUS', 'STARTED (UTC)', 'LASTED', 'STATE MACHINE', 'EXECUTION'];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const painted = rows.map((row, at) => line(row).replace(/^\S+/, statusPaint(executions[at]?.status ?? '', palette)));
  const running = executions.some(({ status }) => status === 'RUNNING');
  const next = running
    ? palette.dim('\n`kintsugi workflow stop EXECUTION` stops one that runs, and says first what that leaves.\n')
    : '';
  return `${palette.dim(line(head))}\n${painted.join('\n')}\n${next}`;
}

export interface ShownExecution {
  readonly execution: DescribedExecution;
  /** As the definition is written; null where it cannot be read. */
  readonly definition: unknown;
  readonly events: readonly AnsweredEvent[];
  /** What it left where it was stopped; empty where it was not. */
  readonly left?: readonly string[];
}

/** An execution's head and graph. `now` counts for what still runs. */
export function workflowGraphText(
  { execution, definition, events, left = [] }: ShownExecution,
  now: Date,
  palette: Palette,
): string {
  const { bold, dim, red } = palette;
  const isOver = execution.status !== 'RUNNING';
  const end = execution.stopDate ?? now.getTime() / 1000;
  const visits = stateVisits(events, isOver);
  const rows = laneRows(definition);
  const labels = rows.map((row) => `${'|  '.repeat(row.depth)}${row.lane ?? `  ${cut(row.name)}`}`);
  const width = Math.max(0, ...labels.map((label) => label.length));
  const lines = rows.map((row) => stateLine(row, visits.get(row.name), { width, end, palette }));
  const status = statusPaint(execution.status, palette)(execution.status);
  return [
    `${bold(cut(execution.name))}  ${status}  ${lasted(end - execution.startDate)}`,
    dim(`${cut(machineOf(execution))}, started ${clock(execution.startDate)} UTC`),
    '',
    ...lines,
    '',
    dim(LEGEND),
    ...(execution.error === undefined ? [] : ['', red(visible(execution.error).slice(0, 200))]),
    ...(execution.cause === undefined ? [] : causeLines(execution.cause)),
    ...(isOver
      ? []
      : ['', dim(`\`kintsugi workflow stop ${visible(execution.name)}\` stops it, and says first what that leaves.`)]),
    ...(left.length === 0 ? [] : ['', 'It was stopped:', ...left.map((line) => `  ${line}`)]),
    '',
  ].join('\n');
}

function stateLine(
  row: LaneRow,
  visit: StateVisit | undefined,
  { width, end, palette }: { width: number; end: number; palette: Palette },
): string {
  const lanes = '|  '.repeat(row.depth);
  if (row.lane !== null) return palette.dim(`  ${lanes}${row.lane}`);
  const mark = visit?.mark ?? 'unreached';
  const label = `${SIGNS[mark]} ${cut(row.name)}`;
  const room = ' '.repeat(Math.max(1, width - lanes.length - label.length + 2));
  const painted = markPaint(mark, palette)(label);
  if (visit === undefined) return `  ${palette.dim(lanes)}${painted}`.trimEnd();
  const times = visit.visits > 1 ? `  ${visit.visits} times` : '';
  const error = visit.error === null ? '' : `  ${palette.red(visible(visit.error).slice(0, 80))}`;
  const took = lasted((visit.left ?? end) - visit.entered).padStart(11);
  return `  ${palette.dim(lanes)}${painted}${room}${palette.dim(took)}${palette.dim(times)}${error}`;
}

/** The events, a line each: when since the start, what, of which state, and an error where it is one. */
export function workflowHistoryText(events: readonly AnsweredEvent[], most: number, { dim, red }: Palette): string {
  const start = events[0]?.timestamp ?? 0;
  const shown = events.slice(-most);
  const names = new Map<number, string>();
  const lines = events.map((event) => {
    const details = detailsOf(event);
    const name = typeof details.name === 'string' ? details.name : names.get(event.previousEventId);
    if (name !== undefined) names.set(event.id, name);
    const since = `+${(event.timestamp - start).toFixed(1)} s`.padStart(11);
    const what = typeof details.resource === 'string' ? `  ${dim(cut(details.resource))}` : '';
    const error = typeof details.error === 'string' ? `  ${red(cut(details.error))}` : '';
    const line = `${dim(String(event.id).padStart(5))} ${dim(since)}  ${cut(event.type).padEnd(24)} ${cut(name ?? '')}`;
    return `${line.trimEnd()}${what}${error}`;
  });
  const left = events.length - shown.length;
  return [...(left > 0 ? [dim(`  ${left} earlier events: --all shows them`)] : []), ...lines.slice(left), ''].join(
    '\n',
  );
}

function detailsOf(event: AnsweredEvent): { name?: unknown; resource?: unknown; error?: unknown } {
  const found = Object.entries(event).find(([key, value]) => key.endsWith('EventDetails') && value !== null);
  return typeof found?.[1] === 'object' ? (found[1] as object) : {};
}

function causeLines(cause: string): string[] {
  return cause
    .slice(0, MOST_CAUSE)
    .split('\n')
    .flatMap((line) => wrap(visible(line), 100, '  '));
}

function markPaint(mark: StateMark, { green, yellow, red, dim }: Palette): Paint {
  if (mark === 'done') return green;
  if (mark === 'running' || mark === 'waiting') return yellow;
  return mark === 'failed' || mark === 'stopped' ? red : dim;
}

function statusPaint(status: string, { green, yellow, red }: Palette): Paint {
  if (status === 'SUCCEEDED') return green;
  return status === 'RUNNING' ? yellow : red;
}

function machineOf({ stateMachineArn }: Pick<AnsweredExecution, 'stateMachineArn'>): string {
  return stateMachineArn.split(':').slice(6).join(':');
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

function cut(text: string): string {
  const shown = visible(text);
  return shown.length > MOST_NAME ? `${shown.slice(0, MOST_NAME - 1)}…` : shown;
}
