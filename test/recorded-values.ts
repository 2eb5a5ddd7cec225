import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../src/core/states-language/json.ts';

const FILE = join(import.meta.dirname, '../../shared/states/cases.jsonl');

/** Why tests over recorded executions are skipped; false where the recordings are there. */
export const withoutStates = existsSync(FILE) ? false : 'no recorded executions: ../shared/states is not there';

type Fields = { readonly [key: string]: Json };

/** One state that only computes a value, and what AWS computed: its output, the state chosen, or `[Error, Cause]`. */
export interface RecordedStep {
  readonly state: Fields;
  readonly input: Json;
  readonly context: Json;
  readonly expected: { readonly value: Json } | { readonly error: string; readonly cause: string };
}

export interface RecordedValues {
  readonly id: string;
  readonly steps: readonly RecordedStep[];
}

interface Recording {
  readonly id: string;
  readonly stateMachines: readonly { readonly definition: string }[];
  readonly executions: readonly { readonly sm: number; readonly input: string }[];
  readonly matches: readonly { readonly key: string; readonly exec?: number }[];
  readonly expected: Readonly<Record<string, { readonly events?: readonly Fields[] }>>;
}

const VALUE_STATES: readonly Json[] = ['Pass', 'Choice', 'Fail', 'Succeed'];

/** The executions on AWS whose states all only compute values, state by state. */
export function casesOfValues(): RecordedValues[] {
  const recordings = readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .map((line): Recording => JSON.parse(line));
  return recordings.flatMap((recording) =>
    recording.matches.flatMap(({ key, exec }) => {
      const execution = exec === undefined ? undefined : recording.executions[exec];
      const definition: Fields = JSON.parse(recording.stateMachines[execution?.sm ?? 0]?.definition ?? '{}');
      const states = (definition.States ?? {}) as { readonly [name: string]: Fields };
      const isOfValues = Object.values(states).every(({ Type }) => VALUE_STATES.includes(Type ?? null));
      const events = recording.expected[key]?.events;
      if (execution === undefined || events === undefined || !isOfValues) return [];
      const steps = stepsOf(events, states, definition, JSON.parse(execution.input));
      return steps.length === 0
        ? []
        : [{ id: `${recording.id.replace(/^.*::/, '')} ${execution.input}`.slice(0, 200), steps }];
    }),
  );
}

function stepsOf(
  events: readonly Fields[],
  states: { readonly [name: string]: Fields },
  definition: Fields,
  input: Json,
): RecordedStep[] {
  const steps: RecordedStep[] = [];
  for (const [at, event] of events.entries()) {
    const entered = event.stateEnteredEventDetails as Fields | undefined;
    const state = states[String(entered?.name)];
    if (entered === undefined || state === undefined || state.Type === 'Succeed') continue;
    const expected = expectedOf(state, events.slice(at + 1));
    // Names and ids of the context object are placeholders in the recordings.
    if (
      expected === undefined ||
      JSON.stringify([state, expected]).match(
        /<ArnPart|<ExecArn|RandomNumberGenerated|<uuid|service limit|"\$\$"|StateMachine/,
      )
    )
      break;
    steps.push({
      state: { QueryLanguage: definition.QueryLanguage ?? 'JSONPath', ...state },
      input: parsed(entered.input ?? null),
      context: { Execution: { Input: input } },
      expected,
    });
  }
  return steps;
}

function expectedOf(state: Fields, later: readonly Fields[]): RecordedStep['expected'] | undefined {
  const end = later.find((event) => event.stateExitedEventDetails ?? event.executionFailedEventDetails) ?? {};
  const exited = end.stateExitedEventDetails as Fields | undefined;
  const { error = null, cause = null } = (end.executionFailedEventDetails ?? {}) as Fields;
  if (exited === undefined && state.Type === 'Fail' && !String(cause).startsWith('An error occurred')) {
    return { value: [error, cause] };
  }
  if (exited === undefined) return { error: String(error), cause: String(cause) };
  if (state.Type !== 'Choice') return { value: parsed(exited.output ?? null) };
  const next = later.find((event) => event.stateEnteredEventDetails)?.stateEnteredEventDetails as Fields | undefined;
  return { value: next?.name ?? null };
}

/** Recorded values that are no objects are still their JSON text. */
function parsed(value: Json): Json {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
