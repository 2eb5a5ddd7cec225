import fc from 'fast-check';

type State = Record<string, unknown>;
/** A state without its way on, by the name it will have. */
type Make = (name: string) => State;

const RESOURCE = 'arn:aws:states:::aws-sdk:ssm:sendCommand';

const pass: fc.Arbitrary<Make> = fc.constantFrom<Make>(
  () => ({ Type: 'Pass' }),
  (name) => ({ Type: 'Pass', Result: { by: name }, ResultPath: '$.last', Assign: { seen: name } }),
  () => ({ Type: 'Pass', Parameters: { 'all.$': '$' } }),
);
const fail: fc.Arbitrary<Make> = fc.constant(() => ({ Type: 'Fail', Error: 'Broken', Cause: 'on purpose' }));
const wait: fc.Arbitrary<Make> = fc.constantFrom(0, 3).map((Seconds) => () => ({ Type: 'Wait', Seconds }));
const task: fc.Arbitrary<Make> = fc.constantFrom<Make>(
  () => ({ Type: 'Task', Resource: RESOURCE, ResultPath: '$.task' }),
  () => ({
    Type: 'Task',
    Resource: RESOURCE,
    TimeoutSeconds: 30,
    Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }],
  }),
);
const ITEMS = Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`items${n}.$`, `$$.Execution.Input.items${n}`]));
const handled = fc.constantFrom<State>({}, { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] });

function machine(states: readonly Make[], prefix: string): State {
  const names = states.map((_, index) => `${prefix}${index}`);
  const made = states.map((make, index) => {
    const state = make(names[index] ?? '');
    if (state.Type === 'Fail') return state;
    return { ...state, ...(index + 1 < names.length ? { Next: names[index + 1] } : { End: true }) };
  });
  return { StartAt: names[0], States: Object.fromEntries(names.map((name, index) => [name, made[index]])) };
}

/** A Fail ends its list: what came after it could not be reached. */
function untilFail(states: readonly Make[]): readonly Make[] {
  const index = states.findIndex((make) => make('').Type === 'Fail');
  return index < 0 ? states : states.slice(0, index + 1);
}

function list(depth: number, inner: readonly fc.Arbitrary<Make>[]): fc.Arbitrary<readonly Make[]> {
  const kinds = [pass, wait, ...inner, ...(depth > 0 ? [parallel(depth - 1), map(depth - 1)] : [])];
  const weighted = [...kinds.map((arbitrary) => ({ arbitrary, weight: 4 })), { arbitrary: fail, weight: 1 }];
  return fc.array(fc.oneof(...weighted), { minLength: 1, maxLength: 4 }).map(untilFail);
}

function parallel(depth: number): fc.Arbitrary<Make> {
  return fc
    .tuple(fc.array(list(depth, []), { minLength: 1, maxLength: 3 }), handled)
    .map(([branches, more]) => (name) => ({
      Type: 'Parallel',
      Branches: branches.map((states, index) => machine(states, `${name}b${index}`)),
      ResultPath: '$.parallel',
      ...more,
    }));
}

function map(depth: number): fc.Arbitrary<Make> {
  const limits = fc.record({ concurrency: fc.nat(3), items: fc.nat(4), isDistributed: fc.boolean() });
  return fc
    .tuple(list(depth, []), limits, handled)
    .map(([states, { concurrency, items, isDistributed }, more]) => (name) => ({
      Type: 'Map',
      // A child of a distributed Map sees its own input as that of the execution.
      Parameters: { 'i.$': '$$.Map.Item.Value', ...ITEMS },
      ItemsPath: `$$.Execution.Input.items${items}`,
      MaxConcurrency: concurrency,
      ItemProcessor: {
        ...(isDistributed ? { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } } : {}),
        ...machine(states, `${name}m`),
      },
      ResultPath: '$.map',
      ...more,
    }));
}

/** The input that the Maps of these definitions take their items from. */
export const INPUT = JSON.stringify(
  Object.fromEntries([0, 1, 2, 3, 4].map((count) => [`items${count}`, Array.from({ length: count }, (_, i) => i)])),
);

/** Valid definitions of all kinds of states, two levels deep; tasks only outside, so that their order is given. */
export const definitions: fc.Arbitrary<string> = list(2, [task]).map((states) => JSON.stringify(machine(states, 's')));
