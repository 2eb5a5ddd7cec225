import assert from 'node:assert/strict';
import { test } from 'node:test';
import { casesOfValues, withoutStates } from '../../../../test/recorded-values.ts';
import type { Json } from '../json.ts';
import { evaluateChoice } from './choice/evaluate.ts';
import { evaluateJsonata } from './jsonata/evaluate.ts';
import { done } from './outcome.ts';
import { evaluatePath } from './path.ts';
import { placeAt } from './result-path.ts';
import { evaluateStringExpression } from './string-expression.ts';
import { evaluateTemplate } from './template.ts';
import type { Evaluated, Scope } from './types.ts';

type Fields = { readonly [key: string]: Json };
type Variables = Readonly<Record<string, Json>>;

const random = (): number => 0.5;
const now = new Date('2026-01-01T00:00:00Z');

const jsonata = (value: Json, scope: Scope, field: string): Promise<Evaluated> =>
  evaluateJsonata(value, scope, { field, random, now });

/** What a Pass state makes of its input. */
async function passed(state: Fields, scope: Scope): Promise<Evaluated> {
  if (state.QueryLanguage === 'JSONata') {
    return state.Output === undefined ? done(scope.input) : jsonata(state.Output, scope, 'Output');
  }
  const path = (name: string, value: Json): Evaluated => {
    const text = state[name] ?? '$';
    return state[name] === null ? done({}) : evaluatePath(String(text), { ...scope, input: value }, name);
  };
  const input = path('InputPath', scope.input);
  if (!input.ok) return input;
  const effective =
    state.Parameters === undefined
      ? input
      : evaluateTemplate(state.Parameters, { ...scope, input: input.value }, random);
  if (!effective.ok) return effective;
  const placed = placeAt(
    state.ResultPath as string | null | undefined,
    scope.input,
    state.Result === undefined ? effective.value : state.Result,
  );
  return placed.ok ? path('OutputPath', placed.value) : placed;
}

/** What a state assigns. `$` is the result where a Pass state has one. */
async function assigned(state: Fields, scope: Scope): Promise<Evaluated<Variables>> {
  if (state.Assign === undefined) return done({});
  const made =
    state.QueryLanguage === 'JSONata'
      ? await jsonata(state.Assign, scope, 'Assign')
      : evaluateTemplate(state.Assign, { ...scope, input: state.Result ?? scope.input }, random);
  return made as Evaluated<Variables>;
}

async function chosen(state: Fields, scope: Scope): Promise<Evaluated> {
  for (const rule of state.Choices as unknown as readonly Fields[]) {
    const outcome =
      state.QueryLanguage === 'JSONata'
        ? await jsonata(rule.Condition ?? null, scope, 'Condition')
        : evaluateChoice(rule, scope);
    if (!outcome.ok) return outcome;
    if (outcome.value === true) return done(rule.Next ?? null);
  }
  return done(state.Default ?? null);
}

async function failed(state: Fields, scope: Scope): Promise<Evaluated> {
  const values: Json[] = [];
  for (const name of ['Error', 'Cause']) {
    const path = state[`${name}Path`];
    const made =
      typeof path === 'string'
        ? evaluateStringExpression(path, scope, random, `${name}Path`)
        : await jsonata(state[name] ?? null, scope, name);
    if (!made.ok) return made;
    values.push(made.value);
  }
  return done(values);
}

const recordings = withoutStates ? [] : casesOfValues();

for (const { id, steps } of recordings) {
  test(`comes to what AWS recorded: ${id}`, async () => {
    let variables: Variables = {};
    for (const { state, input, context, expected } of steps) {
      const scope: Scope = { input, context, variables };
      const answers = { Pass: passed, Choice: chosen, Fail: failed } as const;
      const made = await answers[state.Type as keyof typeof answers](state, scope);
      const assignment = await assigned(state, scope);
      const failure = !made.ok ? made : !assignment.ok ? assignment : null;
      if ('cause' in expected) {
        const cause =
          failure === null ? '(no failure)' : failure.cause.replace(/(?<=the input ')[\s\S]*(?='$)/, '<json-input:1>');
        assert.equal(
          cause,
          expected.cause.replace(/^An error occurred while .*? \(entered at the event id #\d+\)\. /, ''),
        );
        assert.equal(failure?.error, expected.error);
        break;
      }
      assert.deepEqual(made, done(expected.value));
      if (assignment.ok) variables = { ...variables, ...assignment.value };
    }
  });
}

test('the recordings have many values to compare with', { skip: withoutStates }, () => {
  assert.ok(recordings.length > 100, `only ${recordings.length}`);
});
