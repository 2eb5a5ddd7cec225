import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readFacts, withoutFacts } from '../../../test/facts.ts';
import { csvRows } from './csv.ts';
import { parseEpss } from './epss.ts';
import { parseKev } from './kev.ts';

test("CISA's catalogue gives every entry", { skip: withoutFacts }, () => {
  const kev = parseKev(JSON.parse(readFacts('cisa-kev/known_exploited_vulnerabilities.json').toString()));
  assert.deepEqual([kev.records.length, kev.problems, kev.newest], [1404, [], '2025-08-25T17:04:19.9796Z']);
  assert.deepEqual(
    kev.records.find((one) => one.cve === 'CVE-2025-48384'),
    {
      cve: 'CVE-2025-48384',
      dateAdded: '2025-08-25',
      dueDate: '2025-09-15',
      ransomware: false,
    },
  );
  const csv = [...csvRows(readFacts('cisa-kev/known_exploited_vulnerabilities.csv').toString())];
  const column = csv[0]?.indexOf('knownRansomwareCampaignUse') ?? -1;
  const ransomware = csv
    .slice(1)
    .filter((row) => row[column] === 'Known')
    .map((row) => row[0]);
  assert.deepEqual(
    kev.records.filter((one) => one.ransomware).map((one) => one.cve),
    ransomware,
  );
});

test('entries that are not sound are problems and the others are kept', () => {
  const entry = {
    cveID: 'CVE-2024-1234',
    dateAdded: '2024-05-06',
    dueDate: 'soon',
    knownRansomwareCampaignUse: 'Known',
  };
  const kev = parseKev({
    count: 9,
    vulnerabilities: [entry, { ...entry, cveID: 'x' }, { ...entry, dateAdded: '' }, null],
  });
  assert.deepEqual(kev.records, [{ cve: 'CVE-2024-1234', dateAdded: '2024-05-06', dueDate: null, ransomware: true }]);
  assert.deepEqual(kev.problems, [
    'vulnerabilities[1]: not a CVE id: "x"',
    'vulnerabilities[2]: CVE-2024-1234 has no date',
    'vulnerabilities[3]: not an object',
    'the catalogue says that it has 9 entries and has 4',
  ]);
  assert.deepEqual(parseKev([]).problems, ['no list of vulnerabilities']);
});

test('EPSS scores are read from any table that has them', { skip: withoutFacts }, () => {
  const epss = parseEpss(readFacts('kev-epss/epss_kev_nvd.csv').toString());
  assert.deepEqual([epss.records.length, epss.problems, epss.newest], [1556, [], null]);
  assert.deepEqual(epss.records[0], { cve: 'CVE-2025-62593', score: 0.01015, percentile: 0.60644 });
});

test("EPSS scores are read from FIRST's own files", { skip: withoutFacts }, () => {
  const fixtures = 'vuls-data-update/pkg/fetch/epss/testdata';
  for (const day of ['2022-02-04', '2023-03-07']) {
    const packed = readFacts(`${fixtures}/fixtures/epss_scores-${day}.csv.gz`);
    const golden = JSON.parse(readFacts(`${fixtures}/golden/${day.slice(0, 4)}/${day}.json`).toString());
    const epss = parseEpss(gunzipSync(packed).toString());
    const expected = golden.data.map(({ id, epss: score, percentile }: Record<string, unknown>) => ({
      cve: id,
      score,
      percentile,
    }));
    assert.deepEqual([epss.records, epss.problems, epss.newest], [expected, [], golden.score_date]);
  }
});

test('rows without a score between 0 and 1 are problems', () => {
  const epss = parseEpss('cve,epss,percentile\nCVE-2024-1234,0.5,0.9\nCVE-2024-1235,1.5,0\nCVE-2024-1236,,\nx,0,0\n\n');
  assert.deepEqual(epss.records, [{ cve: 'CVE-2024-1234', score: 0.5, percentile: 0.9 }]);
  assert.equal(epss.problems.length, 3);
  assert.deepEqual(parseEpss('cve,score\nCVE-2024-1234,0.5\n').problems, [
    'the first line has no columns named cve, epss and percentile',
  ]);
});

test('what is written as comma separated values is read back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'ß') });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1 }), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      (rows, end) => {
        const text = rows.map((row) => row.map(quoted).join(',') + end).join('');
        assert.deepEqual([...csvRows(text)], rows);
      },
    ),
  );
});

test('no text makes the reader of tables fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r') }), (text) => void [...csvRows(text)]),
  );
});
