import fc from 'fast-check';

type State = Record<string, unknown>;
/** A state without its way on, by the name it will have. */
type Make = (name: string) => State;

const RESOURCE = 'arn:aws:states:::aws-sdk:ssm:sendCommand';
/** Of tasks that nobody answers. */
export const SILENT = 'arn:aws:states:::aws-sdk:ssm:getCommandInvocation';

const pass: fc.Arbitrary<Make> = fc.constantFrom<Make>(
  () => ({ Type: 'Pass' }),
  (name) => ({ Type: 'Pass', Result: { by: name }, ResultPath: '$.last', Assign: { seen: name } }),
  () => ({ Type: 'Pass', Parameters: { 'all.$': '$' } }),
  () => ({
    Type: 'Pass',
    QueryLanguage: 'JSONata',
    Output: "{% $merge([$states.input, {'turns': $count($states.input.*)}]) %}",
  }),
);
const fail: fc.Arbitrary<Make> = fc.constant(() => ({ Type: 'Fail', Error: 'Broken', Cause: 'on purpose' }));
const wait: fc.Arbitrary<Make> = fc.constantFrom(0, 3).map((Seconds) => () => ({ Type: 'Wait', Seconds }));
/** Its way is that to the next state; a list's last state has none. */
const CATCH = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.caught' }];
const task: fc.Arbitrary<Make> = fc.constantFrom<Make>(
  () => ({ Type: 'Task', Resource: RESOURCE, ResultPath: '$.task' }),
  () => ({
    Type: 'Task',
    Resource: RESOURCE,
    TimeoutSeconds: 30,
    Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }],
  }),
  () => ({ Type: 'Task', Resource: SILENT, TimeoutSeconds: 30, HeartbeatSeconds: 10, Catch: CATCH }),
  () => ({ Type: 'Task', Resource: RESOURCE, ResultSelector: { 'none.$': '$.none' }, Catch: CATCH }),
);
const ITEMS = Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`items${n}.$`, `$$.Execution.Input.items${n}`]));
const handled = fc.constantFrom<State>(
  {},
  { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] },
  { Catch: CATCH },
);
/** With fewer than three results it fails the state that they are of. */
const results = fc.constantFrom<State>({}, {}, { ResultSelector: { 'third.$': '$[2]' } });

function machine(states: readonly Make[], prefix: string): State {
  const names = states.map((_, index) => `${prefix}${index}`);
  const made = states.map((make, index) => {
    const state = make(names[index] ?? '');
    if (state.Type === 'Fail') return state;
    const { Catch, ...rest } = state;
    if (index + 1 === names.length) return { ...rest, End: true };
    const Next = names[index + 1];
    return { ...rest, Next, ...(Catch === undefined ? {} : { Catch: CATCH.map((one) => ({ ...one, Next })) }) };
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
    .tuple(fc.array(list(depth, [task]), { minLength: 1, maxLength: 3 }), handled, results)
    .map(([branches, more, selector]) => (name) => ({
      Type: 'Parallel',
      Branches: branches.map((states, index) => machine(states, `${name}b${index}`)),
      ResultPath: '$.parallel',
      ...selector,
      ...more,
    }));
}

/** In some the input of the third item cannot be made, and some bear failures. */
function map(depth: number): fc.Arbitrary<Make> {
  const limits = fc.record({ concurrency: fc.nat(3), items: fc.nat(4), isBroken: fc.boolean(), borne: fc.nat(2) });
  return fc
    .tuple(list(depth, [task]), limits, handled, results)
    .map(([states, { concurrency, items, isBroken, borne }, more, selector]) => (name) => ({
      Type: 'Map',
      ItemSelector: {
        'i.$': '$$.Map.Item.Value',
        ...(isBroken ? { 'j.$': 'States.ArrayGetItem($$.Execution.Input.items2, $$.Map.Item.Index)' } : {}),
      },
      ItemsPath: `$$.Execution.Input.items${items}`,
      MaxConcurrency: concurrency,
      ...(borne === 0 ? {} : { ToleratedFailureCount: borne }),
      ItemProcessor: machine(states, `${name}m`),
      ResultPath: '$.map',
      ...selector,
      ...more,
    }));
}

/**
 * Only outside of other states: what its children do at the same time as a state beside it has no order. For the same
 * reason they have no tasks.
 */
const distributed: fc.Arbitrary<Make> = fc
  .tuple(list(0, []), fc.record({ concurrency: fc.nat(3), items: fc.nat(4) }), handled)
  .map(([states, { concurrency, items }, more]) => (name) => ({
    Type: 'Map',
    // A child sees its own input as that of the execution.
    Parameters: { 'i.$': '$$.Map.Item.Value', ...ITEMS },
    ItemsPath: `$$.Execution.Input.items${items}`,
    MaxConcurrency: concurrency,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      ...machine(states, `${name}d`),
    },
    ResultPath: '$.map',
    ...more,
  }));

/** The input that the Maps of these definitions take their items from. */
export const INPUT = JSON.stringify(
  Object.fromEntries([0, 1, 2, 3, 4].map((count) => [`items${count}`, Array.from({ length: count }, (_, i) => i)])),
);

/** Valid definitions of all kinds of states, two levels deep. */
export const definitions: fc.Arbitrary<string> = list(2, [task, distributed]).map((states) =>
  JSON.stringify(machine(states, 's')),
);
