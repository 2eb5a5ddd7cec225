import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { violations } from '../../../test/schema-check.ts';
import { SEVERITY_LEVELS } from '../../core/advisories/types.ts';
import { COMPLIANCE_LEVELS, OPERATING_SYSTEMS } from '../../core/baselines/types.ts';
import { PROBLEM_CODES } from '../../core/compliance/inventory.ts';
import { PATCH_REASONS, PATCH_STATES } from '../../core/compliance/types.ts';
import { renderJson } from './json.ts';
import { arbitraryReport } from './report-arbitrary.ts';
import { COMPLIANT, NON_COMPLIANT, UNKNOWN } from './sample.ts';

const SCHEMA_FILE = fileURLToPath(new URL('../../../documents/scan.schema.json', import.meta.url));
const SCHEMA = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));
const PIPE = { width: null };

/** The keys of `value` are those of `schema`, in its order, all the way down. */
function assertKeys(schema: Record<string, never>, value: unknown): void {
  const { properties, items } =
    schema.$ref === undefined ? schema : SCHEMA.$defs[String(schema.$ref).split('/')[2] ?? ''];
  if (Array.isArray(value)) for (const item of value) assertKeys(items, item);
  else if (properties !== undefined && typeof value === 'object' && value !== null) {
    assert.deepEqual(Object.keys(value), Object.keys(properties));
    for (const [key, inner] of Object.entries(value)) assertKeys(properties[key], inner);
  }
}

function shuffled<T>(value: T): T {
  if (Array.isArray(value)) return value.map(shuffled) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  ) as T;
}

for (const [name, report] of Object.entries({ NON_COMPLIANT, COMPLIANT, UNKNOWN })) {
  test(`the JSON of the ${name} sample satisfies the published schema and has exactly its fields`, () => {
    const parsed = JSON.parse(renderJson(report, PIPE));
    assert.deepEqual(violations(SCHEMA, parsed), []);
    assert.deepEqual(parsed, report);
    assertKeys(SCHEMA, parsed);
  });
}

test('the order of the keys does not depend on how the report was put together', () => {
  assert.equal(renderJson(shuffled(NON_COMPLIANT), PIPE), renderJson(NON_COMPLIANT, PIPE));
});

test('fields that the contract gains later are kept', () => {
  const later = { ...NON_COMPLIANT, later: 1 };
  assert.equal(JSON.parse(renderJson(later, PIPE)).later, 1);
  assert.deepEqual(violations(SCHEMA, later), []);
});

test('on a terminal it is indented, in a pipe it is one line', () => {
  assert.ok(
    renderJson(NON_COMPLIANT, { width: 80 }).startsWith('{\n  "schemaVersion": 1,\n  "target": {\n    "access"'),
  );
  assert.equal(renderJson(NON_COMPLIANT, PIPE).indexOf('\n'), renderJson(NON_COMPLIANT, PIPE).length - 1);
});

test('every report survives the round trip, in visible ASCII, and satisfies the schema', () => {
  fc.assert(
    fc.property(arbitraryReport, fc.boolean(), (report, terminal) => {
      const printed = renderJson(report, { width: terminal ? 80 : null });
      assert.match(printed, /^[\n\x20-\x7e]*$/);
      const parsed = JSON.parse(printed);
      assert.deepEqual(parsed, JSON.parse(JSON.stringify(report)));
      assert.deepEqual(violations(SCHEMA, parsed), []);
    }),
  );
});

test('the schema names the values that the code knows', () => {
  const { patch, problem, target } = SCHEMA.$defs;
  assert.deepEqual(patch.properties.state.enum, PATCH_STATES);
  assert.deepEqual(patch.properties.reason.examples, PATCH_REASONS);
  assert.deepEqual(patch.properties.complianceLevel.enum, COMPLIANCE_LEVELS);
  assert.deepEqual(patch.properties.severity.properties.mapped.enum, SEVERITY_LEVELS);
  assert.deepEqual(problem.properties.code.examples, PROBLEM_CODES);
  assert.deepEqual(target.properties.os.properties.operatingSystem.examples, OPERATING_SYSTEMS);
});

test('the checker of these tests finds what the schema forbids', () => {
  const broken = {
    ...NON_COMPLIANT,
    schemaVersion: 2,
    status: 'FINE',
    problems: [{ code: 'locked' }],
    counts: undefined,
  };
  assert.deepEqual(violations(SCHEMA, JSON.parse(JSON.stringify(broken))), [
    '/counts: absent',
    '/schemaVersion: not 1',
    '/status: not one of COMPLIANT,NON_COMPLIANT,UNKNOWN',
    '/problems/0/unknown: absent',
    '/problems/0/message: absent',
    '/problems/0/next: absent',
  ]);
});

test('the jsonschema of Python agrees, with the schema and with the samples', (t) => {
  const program = [
    'import json, sys, jsonschema',
    'schema = json.load(open(sys.argv[1]))',
    'jsonschema.Draft202012Validator.check_schema(schema)',
    'for report in json.load(sys.stdin): jsonschema.Draft202012Validator(schema).validate(report)',
    'print("valid")',
  ].join('\n');
  if (spawnSync('python3', ['-c', 'import jsonschema']).status !== 0) return t.skip('python3 has no jsonschema');
  const samples = [NON_COMPLIANT, COMPLIANT, UNKNOWN].map((report) => JSON.parse(renderJson(report, PIPE)));
  const { stdout, stderr } = spawnSync('python3', ['-c', program, SCHEMA_FILE], {
    input: JSON.stringify(samples),
    encoding: 'utf8',
  });
  assert.equal(stdout.trim(), 'valid', stderr);
});
