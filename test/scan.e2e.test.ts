import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Outcome, run } from '../lab/command.ts';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import type { ScanReport } from '../src/core/compliance/types.ts';
import { kintsugi } from './kintsugi.ts';
import { asPlainUser, ROOT_OF_PLAIN_USER } from './plain-user.ts';
import { difference, filesOf, rehearsed } from './root-state.ts';
import { violations } from './schema-check.ts';
import { xmlFault } from './xml-check.ts';

const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, '../documents/scan.schema.json'), 'utf8'));
const VERB = ['apt-get', '-s', '--with-new-pkgs', 'upgrade'];
const BLOCKED = ['held', 'phased', 'kept-back'];

/** `name version` of what the scan says an upgrade would install. */
function offered({ patches }: ScanReport): readonly string[] {
  const updates = patches.filter((patch) => patch.availableVersion !== null && !BLOCKED.includes(patch.reason));
  return updates.map((patch) => `${patch.name} ${patch.availableVersion}`).sort();
}

/** What two looks at the same machine have to agree about. */
function verdicts({ patches }: ScanReport): readonly string[] {
  return patches.map((one) => `${one.name} ${one.architecture} ${one.availableVersion} ${one.state} ${one.reason}`);
}

function report(outcome: Outcome): ScanReport {
  assert.match(outcome.stdout, /^\{/, outcome.stderr);
  return JSON.parse(outcome.stdout);
}

test('a scan of a root with pending updates', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('new-dependency');
  const { run: ask, scan } = await kintsugi(t);
  const at = ['--root', root.path];
  const expected = rehearsed(await root.must(VERB));
  const before = await filesOf(root);
  const { exit, report: inside } = await scan(at);

  await t.test('lists exactly what apt-get with the same verb would install', () => {
    assert.ok(expected.length > 10, `only ${expected.length} updates are pending`);
    assert.deepEqual(offered(inside), expected);
    assert.deepEqual([exit, inside.status], [3, 'NON_COMPLIANT']);
  });

  await t.test('gives every update a reason, an explanation and a rule', () => {
    for (const patch of inside.patches) {
      assert.ok(patch.explanation.length > 10 && patch.rule.text !== '' && patch.firstSeen !== null, patch.name);
    }
    const { counts, patches } = inside;
    assert.equal(counts.missing, patches.filter(({ state }) => state === 'MISSING').length);
  });

  await t.test('says the same from outside and to a plain user', async () => {
    const outside = await scan([...at, '--offline']);
    assert.deepEqual([outside.exit, outside.report.target.access], [3, 'offline']);
    assert.deepEqual(outside.report.patches, inside.patches);
    const plain = await asPlainUser(['scan', '--json', '--root', ROOT_OF_PLAIN_USER], root.path);
    assert.deepEqual([plain.status, plain.stderr], [3, '']);
    assert.deepEqual(verdicts(report(plain)), verdicts(inside));
  });

  await t.test('has JSON that satisfies its schema, and other formats that parse', async () => {
    assert.deepEqual(violations(SCHEMA, inside), []);
    // A bill of materials has what is there, and not what an update would bring along.
    const names = inside.patches.filter((one) => one.installedVersion !== null).map(({ name }) => name);
    const formats = await Promise.all(
      ['table', 'sarif', 'cyclonedx', 'junit'].map((format) => ask(['scan', ...at, '--format', format])),
    );
    for (const { status, stdout, stderr } of formats) {
      assert.deepEqual([status, stderr], [3, '']);
      for (const name of names) assert.ok(stdout.includes(name), `${name} is not in ${stdout.slice(0, 80)}`);
    }
    const [, sarif, cyclonedx, junit] = formats.map(({ stdout }) => stdout);
    assert.equal(JSON.parse(sarif ?? '').version, '2.1.0');
    assert.equal(JSON.parse(cyclonedx ?? '').bomFormat, 'CycloneDX');
    assert.equal(xmlFault(junit ?? ''), null);
  });

  await t.test('is explained package by package with the same verdict', async () => {
    const [first] = inside.patches;
    assert.ok(first);
    const { status, stdout } = await ask(['explain', first.name, '--json', ...at]);
    const { explained } = JSON.parse(stdout);
    assert.equal(status, 0);
    assert.deepEqual(explained[0].patch, first);
    assert.ok(explained[0].steps.length > 3);
  });

  await t.test('changes nothing in the root', async () => {
    assert.deepEqual(difference(before, await filesOf(root)), []);
  });
});

test('a scan of this machine', async (t) => {
  const here = await run(VERB).catch(() => null);
  if (here === null) return t.skip('needs apt on this machine');
  const { scan } = await kintsugi(t);

  await t.test('lists exactly what apt-get with the same verb would install', async () => {
    const { exit, report: found } = await scan([]);
    // Somebody else may install or fetch lists meanwhile: then the question is asked about another machine.
    const after = await run(VERB);
    assert.equal(rehearsed(after.stdout).join(), rehearsed(here.stdout).join(), 'the machine changed meanwhile');
    assert.deepEqual(offered(found), rehearsed(here.stdout));
    assert.equal(exit, { COMPLIANT: 0, NON_COMPLIANT: 3, UNKNOWN: 4 }[found.status]);
    assert.equal(found.target.access, 'local');
  });

  await t.test('says the same to a plain user', async (t) => {
    if (!(await requireLab(t, 'root'))) return;
    const [plain, own] = [report(await asPlainUser(['scan', '--json'])), (await scan([])).report];
    assert.deepEqual(verdicts(plain), verdicts(own));
  });
});
