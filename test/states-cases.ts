import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Executions that were recorded on AWS: `../shared/states/README.md`. */
const FILE = join(import.meta.dirname, '../../shared/states/cases.jsonl');

export interface RecordedEvent {
  /** `[0]` where the recording sorted what runs inside of a Parallel. */
  readonly id: number | readonly [0];
  readonly previousEventId: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

export interface RecordedCase {
  readonly id: string;
  /** `04-11-2024, 11:03:09`. */
  readonly recorded: string;
  readonly stateMachines: readonly { readonly definition: string }[];
  readonly executions: readonly { readonly sm: number; readonly input: string | null }[];
  readonly matches: readonly { readonly key: string; readonly exec?: number; readonly cases?: number }[];
  readonly expected: Readonly<Record<string, unknown>>;
}

/** null where the recordings are not at hand. */
export function recordedCases(): RecordedCase[] | null {
  if (!existsSync(FILE)) return null;
  const lines = readFileSync(FILE, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as RecordedCase);
}

const PLACEHOLDER =
  /"?(?:<uuid:\d+>|<timestamp>|<json-input:\d+>)"?|^"?(?:date|datetime|timestamp|start-time|entered-time|map_run_arn|RandomNumberGenerated)"?$|[^:]*:mapRun:.*$/;

/**
 * Ours beside what was recorded, in the recording's form: a JSON text is parsed where the recording has it parsed, and
 * a time, a random name or number is its placeholder where the recording has one. Then both are equal if all else is.
 */
export function aligned(recorded: unknown, ours: unknown): unknown {
  if (typeof recorded === 'string') return alignedText(recorded, ours);
  if (typeof recorded !== 'object' || recorded === null) return ours;
  const value = typeof ours === 'string' ? parsed(ours) : ours;
  if (Array.isArray(recorded)) {
    return Array.isArray(value) ? value.map((one, index) => aligned(recorded[index], one)) : value;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const other = recorded as Record<string, unknown>;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, aligned(other[key], one)]));
}

function alignedText(recorded: string, ours: unknown): unknown {
  const found = PLACEHOLDER.exec(recorded);
  if (found === null || (typeof ours !== 'string' && typeof ours !== 'number')) return ours;
  const before = recorded.slice(0, found.index);
  const after = recorded.slice(found.index + found[0].length);
  const text = String(ours);
  return text.startsWith(before) && text.endsWith(after) && text.length > before.length + after.length
    ? recorded
    : ours;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Our events of one history in the recording's form; the recording sorted what runs inside of a Parallel. */
export function comparable(events: readonly RecordedEvent[]): RecordedEvent[] {
  const out: RecordedEvent[] = [];
  let inside: RecordedEvent[] | null = null;
  let depth = 0;
  const flush = () => {
    out.push(...sorted(inside ?? []));
    inside = null;
  };
  for (const event of events) {
    if (event.type === 'ParallelStateStarted') {
      if (inside !== null) flush();
      depth += 1;
      inside = [];
      out.push(event);
    } else if (event.type === 'ParallelStateSucceeded') {
      depth -= 1;
      flush();
    } else if (inside !== null) {
      inside.push({ ...event, id: [0], previousEventId: 0 });
    } else if (depth === 0) out.push(event);
  }
  flush();
  return out;
}

/** The recording's own order of a sorted part means nothing. */
export function resorted(events: readonly RecordedEvent[]): RecordedEvent[] {
  const out: RecordedEvent[] = [];
  let part: RecordedEvent[] = [];
  for (const event of events) {
    if (Array.isArray(event.id)) part.push(event);
    else {
      out.push(...sorted(part), event);
      part = [];
    }
  }
  return [...out, ...sorted(part)];
}

function sorted(events: readonly RecordedEvent[]): RecordedEvent[] {
  const keyed = events.map((event) => {
    const details = Object.values(event).find(
      (value) => typeof value === 'object' && value !== null && 'name' in value,
    );
    return { event, key: `${event.type} ${(details as { name?: string } | undefined)?.name}` };
  });
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ event }) => event);
}
