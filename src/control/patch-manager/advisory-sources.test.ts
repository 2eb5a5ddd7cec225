import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { factsPath, output, withoutFacts } from '../../../test/facts.ts';
import { KintsugiError } from '../../core/errors.ts';
import { readAdvisoryFile } from './advisory-files.ts';
import { loadAdvisories, loadKnowledge } from './advisory-sources.ts';

const OSV = JSON.stringify({
  id: 'DSA-1-1',
  modified: '2024-01-01T00:00:00Z',
  affected: [
    {
      package: { ecosystem: 'Debian:12', name: 'a' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }],
    },
  ],
});
const KEV = JSON.stringify({
  dateReleased: '2024-02-02T00:00:00Z',
  vulnerabilities: [{ cveID: 'CVE-2024-1234', dateAdded: '2024-02-01' }],
});
const EPSS = '#model_version:v1,score_date:2024-03-03T00:00:00+0000\ncve,epss,percentile\nCVE-2024-1234,0.5,0.9\n';

/** A folder with these files, gone after the test. */
function folder(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const path = mkdtempSync(join(tmpdir(), 'advisories-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

async function refusal(...paths: string[]): Promise<string> {
  const error = await loadKnowledge(paths).then(
    () => assert.fail('it was read'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof KintsugiError && error.code === 'AdvisoriesInvalid', String(error));
  return error.message;
}

test('files of every format, packed or not and under any name, become one knowledge', async (t) => {
  const path = folder(t, { 'a.txt': OSV, 'b.csv': gzipSync(KEV), c: zstdCompressSync(EPSS) });
  const { knowledge, sources } = await loadKnowledge(['a.txt', 'b.csv', 'c'].map((name) => join(path, name)));
  assert.deepEqual(
    sources.map((one) => [one.path.slice(path.length + 1), one.kind, one.files, one.records, one.newest, one.problems]),
    [
      ['a.txt', 'osv', 1, 1, '2024-01-01T00:00:00Z', []],
      ['b.csv', 'kev', 1, 1, '2024-02-02T00:00:00Z', []],
      ['c', 'epss', 1, 1, '2024-03-03T00:00:00+0000', []],
    ],
  );
  assert.equal(knowledge.exploited('CVE-2024-1234')?.dateAdded, '2024-02-01');
  assert.equal(knowledge.epss('CVE-2024-1234')?.score, 0.5);
  const versions = {
    installedVersion: '1',
    availableVersion: '2',
    installedSourceVersion: '1',
    availableSourceVersion: '2',
  };
  const query = { ecosystem: 'debian:12', name: 'a', source: 'a', architecture: 'all', ...versions };
  assert.deepEqual(
    knowledge.fixedBy(query).map((one) => one.id),
    ['DSA-1-1'],
  );
});

test('a folder is read with all below it, and what is no advisory there is passed over', async (t) => {
  const path = folder(t, {
    'README.md': '# Advisories\n',
    'package.json': '{"name":"x"}',
    '.git/config': '{"id":',
    'osv/a.json': OSV,
    'osv/deep/b.json': OSV.replace('DSA-1-1', 'DSA-2-1'),
    'osv/odd.json': OSV.replace('DSA-1-1', 'not an id'),
    'kev.json': KEV,
  });
  symlinkSync('..', join(path, 'osv/loop'));
  const { sources } = await loadAdvisories([path]);
  assert.deepEqual(
    sources.map((one) => [one.path, one.kind, one.files, one.records]),
    [
      [path, 'kev', 1, 1],
      [path, 'osv', 3, 2],
    ],
  );
  assert.deepEqual(sources[1]?.problems, [`${join(path, 'osv/odd.json')}: record 1: not an id: "not an id"`]);
});

test('a file that cannot be read as what it is named, and why', async (t) => {
  const path = folder(t, {
    'README.md': '# Advisories\n',
    empty: '',
    'broken.json': '{"id":',
    'odd.json': OSV.replace('DSA-1-1', 'not an id'),
    'cut.gz': gzipSync(KEV).subarray(0, 40),
    'a.xz': Buffer.from('fd377a585a0000', 'hex'),
    'a.zip': 'PK\u0003\u0004',
    'a.tgz': gzipSync(Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')])),
    'folder/\u001b[2J.json': '[',
    'other/README.md': '# Nothing here\n',
  });
  const at = (name: string) => refusal(join(path, name));
  assert.equal(await at('README.md'), `${path}/README.md: its format is not known.`);
  assert.equal(await at('empty'), `${path}/empty: it is empty.`);
  assert.match(await at('broken.json'), /broken\.json: it is not valid JSON: /);
  assert.match(await at('odd.json'), /odd\.json: record 1: not an id: "not an id"\.$/);
  assert.match(await at('cut.gz'), /cut\.gz: it cannot be unpacked \(unexpected end of file\)\.$/);
  assert.match(await at('a.xz'), /a\.xz: it is packed with xz: unpack it first with `xz --decompress`\.$/);
  assert.match(await at('a.zip'), /a\.zip: it is a zip archive/);
  assert.match(await at('a.tgz'), /a\.tgz: it is a tar archive/);
  assert.match(await at('folder'), /folder\/\\u001b\[2J\.json": it is not valid JSON/);
  assert.match(await at('other'), /other: nothing in this folder is of a known format\.$/);
  assert.match(await at('missing'), /missing: there is no such file\.$/);
  assert.equal(await refusal('/dev/null'), '/dev/null: it is not a regular file.');
});

test('what is too large is refused, packed or not, before it fills the memory', async (t) => {
  const text = Buffer.alloc(3 * 1024 ** 2, OSV);
  const path = folder(t, { plain: text, gzip: gzipSync(text), zstd: zstdCompressSync(text) });
  const at = (name: string, largest: number) => readAdvisoryFile(join(path, name), largest);
  const reason = (name: string, message: string) => ({
    code: 'AdvisoriesInvalid',
    message: `${join(path, name)}: ${message}.`,
  });
  for (const name of ['plain', 'gzip', 'zstd']) assert.equal((await at(name, text.length)).length, text.length);
  await assert.rejects(at('plain', 1024 ** 2), reason('plain', 'it is larger than 1 MiB'));
  await assert.rejects(at('gzip', 1024 ** 2), reason('gzip', 'it unpacks to more than 1 MiB'));
  await assert.rejects(at('zstd', 1024 ** 2), reason('zstd', 'it unpacks to more than 1 MiB'));
});

test('all records of AlmaLinux parse', { skip: withoutFacts }, async (t) => {
  const path = folder(t, {});
  output('tar', ['--extract', '--xz', '--file', factsPath('almalinux-osv-2026-08-21.tar.xz'), '--directory', path]);
  const { advisories, sources } = await loadAdvisories([path]);
  const [alma] = sources;
  const affected = advisories.flatMap((one) => one.affected);
  const rated = (level: string) => advisories.filter((one) => one.severity?.mapped === level).length;
  assert.deepEqual(
    [sources.length, alma?.kind, alma?.files, alma?.records, alma?.problems],
    [1, 'osv', 5680, 5680, []],
  );
  assert.equal(affected.length, 71_329);
  assert.equal(affected.filter((one) => one.fixed?.includes('.module')).length, 20_750);
  assert.equal(affected.filter((one) => one.module !== undefined && !one.fixed?.includes('.module')).length, 0);
  assert.ok(
    affected.every((one) => /^almalinux:(?:8|9|10)$/.test(one.ecosystem) && one.kind === 'binary' && one.fixed),
  );
  assert.equal(advisories.filter((one) => one.type === 'security').length, 4480);
  assert.deepEqual([rated('critical'), rated('high'), rated('medium'), rated('low')], [34, 2387, 1908, 154]);
  assert.ok(advisories.every((one) => one.issued !== null && one.updated !== null));
});
