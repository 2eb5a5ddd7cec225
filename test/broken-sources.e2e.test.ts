import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import { kintsugi } from './kintsugi.ts';
import { changed, versionsOf } from './root-state.ts';

test('No package lists: UNKNOWN, never compliant, until they are fetched', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('no-lists');
  const { scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  for (const how of [[], ['--offline']]) {
    const { exit, report } = await scan([...at, ...how]);
    assert.deepEqual([exit, report.status], [4, 'UNKNOWN']);
    assert.deepEqual(report.statusReasons, ['There are no package lists: nothing can be said about updates.']);
    assert.match(report.problems[0]?.next ?? '', /^kintsugi scan .*--refresh/);
  }
  const { status, stdout } = await run(['patch', ...at, '--dry-run']);
  assert.equal(status, 4);
  assert.match(stdout, /UNKNOWN {2}There are no package lists/);
  assert.equal((await run(['patch', ...at])).status, 4);
  const { exit, report } = await scan([...at, '--refresh']);
  assert.deepEqual([exit, report.status], [3, 'NON_COMPLIANT']);
});

test('Lists of the security archive that are not there: UNKNOWN, and the source is named', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('missing-security-lists');
  const { scan } = await kintsugi(t);
  for (const how of [[], ['--offline']]) {
    const { exit, report } = await scan(['--root', root.path, ...how]);
    assert.deepEqual([exit, report.status], [4, 'UNKNOWN']);
    const [reason = ''] = report.statusReasons;
    assert.match(
      reason,
      /^The package lists of \S+ bookworm-security\/main \S+ are not there: updates from there would be/,
    );
  }
});

test('A mirror that is down: UNKNOWN, and --refresh fails with the words of apt', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('mirror-down');
  const { scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  const { exit, report } = await scan(at);
  assert.deepEqual([exit, report.status], [4, 'UNKNOWN']);
  const { status, stdout } = await run(['scan', ...at, '--refresh', '--json']);
  const { error } = JSON.parse(stdout);
  assert.deepEqual([status, error.code], [4, 'RefreshFailed']);
  assert.match(error.message, /E: Failed to fetch http:\/\/127\.0\.0\.1:\d+\/.* connect \(111: Connection refused\)/);
});

test('A mirror that is down and lists that are old: UNKNOWN with what they say, and nothing is installed', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('mirror-down-stale');
  const { scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  const { exit, report } = await scan(at);
  assert.deepEqual([exit, report.status], [4, 'UNKNOWN']);
  assert.match(report.statusReasons[0] ?? '', /older than 7 days/);
  assert.ok(report.counts.missing > 0, 'what is known is still told');
  const started = Date.now();
  const refreshed = await run(['scan', ...at, '--refresh']);
  assert.equal(refreshed.status, 4);
  assert.match(refreshed.stderr, /Connection refused/);
  const after = (await scan(at)).report;
  assert.ok(after.counts.missing === report.counts.missing, 'the lists are still there');
  assert.ok(Date.parse(after.listsUpdatedAt ?? '') < started, 'a fetch that failed does not make them new');

  const versions = await versionsOf(root);
  const { status, stderr } = await run(['patch', ...at]);
  assert.equal(status, 8);
  assert.match(stderr, /E: .*Failed to fetch .*Connection refused|Could not connect/);
  assert.match(stderr, /Nothing was installed/);
  assert.deepEqual(changed(versions, await versionsOf(root)), []);
});
