import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasAction } from '../src/clouds/aws/call-aws.ts';
import { validateDefinition } from '../src/core/states-language/definition/validate.ts';
import {
  actionsOf,
  allStates,
  definitionNames,
  definitionOf,
  innerMachines,
  permissionsOf,
  type Written,
} from './definition-states.ts';

const OWN_RESOURCE = /^arn:aws:states:::kintsugi:/;
const README = readFileSync(join(import.meta.dirname, '..', 'documents', 'README.md'), 'utf8');

test('every state machine of the documents is valid', () => {
  assert.ok(definitionNames().length >= 5);
  for (const name of definitionNames()) {
    const { diagnostics } = validateDefinition(definitionOf(name));
    assert.deepEqual(diagnostics, [], name);
  }
});

test('a definition keeps within the limits of AWS', () => {
  for (const name of definitionNames()) {
    const text = definitionOf(name);
    assert.ok(Buffer.byteLength(text) < 256 * 1024, name);
    const states = allStates(JSON.parse(text) as Written);
    const names = states.map(([state]) => state);
    assert.equal(new Set(names).size, names.length, `${name}: the name of a state is there twice`);
    assert.ok(names.every((state) => state.length <= 80));
    for (const [state, { Retry = [], Catch = [] }] of states) {
      for (const handlers of [Retry, Catch]) {
        const all = handlers.findIndex(({ ErrorEquals = [] }) => ErrorEquals.includes('States.ALL'));
        if (all === -1) continue;
        assert.deepEqual(handlers[all]?.ErrorEquals, ['States.ALL'], `${name}: ${state}`);
        assert.equal(all, handlers.length - 1, `${name}: ${state}`);
      }
    }
  }
});

test('no branch and no iteration assigns a variable of the states around it', () => {
  for (const name of definitionNames()) assertApart(JSON.parse(definitionOf(name)) as Written, new Set(), name);
});

function assertApart(machine: Written, outer: ReadonlySet<string>, name: string): void {
  const states = Object.values(machine.States ?? {});
  const own = states.flatMap((state) =>
    [state, ...(state.Choices ?? []), ...(state.Catch ?? [])].flatMap(({ Assign = {} }) => Object.keys(Assign)),
  );
  for (const variable of own) {
    assert.match(variable, /^[A-Za-z_]\w{0,79}$/, name);
    assert.ok(variable !== 'states' && !outer.has(variable), `${name}: ${variable}`);
  }
  const seen = new Set([...outer, ...own]);
  for (const inner of states.flatMap(innerMachines)) assertApart(inner, seen, name);
}

test('every action of a definition is one of AWS, and every task has an end', async () => {
  for (const name of definitionNames()) {
    for (const [service, action] of actionsOf(definitionOf(name))) {
      assert.equal(await hasAction(service, action), true, `${name}: ${service}:${action}`);
    }
    const tasks = allStates(JSON.parse(definitionOf(name)) as Written).filter(([, { Type }]) => Type === 'Task');
    for (const [state, task] of tasks) assert.ok('TimeoutSeconds' in task, `${name}: ${state}`);
    const isPortable = tasks.every(([, { Resource = '' }]) => !OWN_RESOURCE.test(Resource));
    const { Comment } = JSON.parse(definitionOf(name)) as { Comment: string };
    assert.match(Comment, isPortable ? /Runs unchanged on AWS Step Functions/ : /own Step Functions cannot run this/);
  }
});

test('the documents tell the permissions that each definition needs, no more and no fewer', () => {
  for (const name of definitionNames()) {
    const section = new RegExp(`^### ${name}\n([\\s\\S]*?)(?=^##|$(?![\\s\\S]))`, 'm').exec(README)?.[1] ?? '';
    const told = /^\*\*Permissions\.\*\* (.*)$/m.exec(section)?.[1] ?? '';
    const listed = [...told.matchAll(/`([a-z0-9]+:[A-Z]\w+)`/g)].map((match) => match[1]);
    assert.deepEqual(listed, permissionsOf(definitionOf(name)), name);
  }
});
