import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Advisory, ChangelogEvidence, Knowledge } from '../advisories/types.ts';
import { classify, isSecurityOrigin } from './classify.ts';
import { MAIN, SECURITY } from './inventory-arbitrary.ts';

const query = {
  ecosystem: 'debian:12',
  name: 'openssl',
  source: 'openssl',
  architecture: 'amd64',
  installedVersion: '3.0.16-1~deb12u1',
  availableVersion: '3.0.17-1~deb12u3',
  installedSourceVersion: '3.0.16-1~deb12u1',
  availableSourceVersion: '3.0.17-1~deb12u3',
};

const dsa: Advisory = {
  id: 'DSA-6015-1',
  type: 'security',
  title: 'openssl security update',
  issued: '2025-09-30T00:00:00Z',
  updated: null,
  severity: { source: 'debian', raw: 'medium', mapped: 'medium' },
  cves: ['CVE-2025-9232', 'CVE-2025-9230'],
  references: [],
  affected: [],
};

const changes: ChangelogEvidence = { cves: [], urgency: null, distributions: ['bookworm'], date: null };

function knowing(more: {
  advisories?: readonly Advisory[];
  changelog?: Partial<ChangelogEvidence>;
  exploited?: readonly string[];
  epss?: Readonly<Record<string, number>>;
}): Knowledge {
  return {
    fixedBy: () => more.advisories ?? [],
    changelog: () => (more.changelog === undefined ? null : { ...changes, ...more.changelog }),
    exploited: (cve) =>
      more.exploited?.includes(cve) ? { cve, dateAdded: '2025-10-01', dueDate: null, ransomware: false } : null,
    epss: (cve) => {
      const score = more.epss?.[cve];
      return score === undefined ? null : { cve, score, percentile: score };
    },
  };
}

const cases: [string, Parameters<typeof knowing>[0], readonly (typeof MAIN)[], string | null, string | null][] = [
  ['an advisory says security', { advisories: [dsa] }, [MAIN], 'Security', 'advisory'],
  ['an advisory says it before the archive', { advisories: [dsa] }, [SECURITY], 'Security', 'advisory'],
  ['CVE ids of the changelog say security', { changelog: { cves: ['CVE-2025-1'] } }, [MAIN], 'Security', 'changelog'],
  ["the archive's label says it as the last resort", { changelog: {} }, [MAIN, SECURITY], 'Security', 'archive'],
  [
    'an advisory of another kind has its own word',
    { advisories: [{ ...dsa, type: 'bugfix', cves: [] }] },
    [MAIN],
    'Bugfix',
    'advisory',
  ],
  [
    'a security archive outranks an advisory of another kind',
    { advisories: [{ ...dsa, type: 'bugfix' }] },
    [SECURITY],
    'Security',
    'archive',
  ],
  [
    'an advisory that does not say its kind says nothing',
    { advisories: [{ ...dsa, type: 'unknown' }] },
    [MAIN],
    null,
    null,
  ],
  ['without evidence nothing is said', {}, [MAIN], null, null],
  ['without an archive nothing is said', {}, [], null, null],
];
for (const [name, knowledge, origins, classification, source] of cases) {
  test(name, () => {
    const found = classify(query, origins, knowing(knowledge));
    assert.deepEqual([found.classification, found.classificationSource], [classification, source]);
  });
}

test('CVEs of all sources are told once, sorted, with those that are exploited and the highest EPSS', () => {
  const found = classify(
    query,
    [MAIN],
    knowing({
      advisories: [dsa],
      changelog: { cves: ['CVE-2025-9230', 'CVE-2025-1'] },
      exploited: ['CVE-2025-9230', 'CVE-1999-1'],
      epss: { 'CVE-2025-1': 0.25, 'CVE-2025-9232': 0.125 },
    }),
  );
  assert.deepEqual(found.cves, ['CVE-2025-1', 'CVE-2025-9230', 'CVE-2025-9232']);
  assert.deepEqual(found.exploited, ['CVE-2025-9230']);
  assert.equal(found.epss, 0.25);
});

test('a score of zero is a score, and no score is none', () => {
  assert.equal(classify(query, [], knowing({ advisories: [dsa], epss: { 'CVE-2025-9230': 0 } })).epss, 0);
  assert.equal(classify(query, [], knowing({ advisories: [dsa] })).epss, null);
});

test('the worst severity of the advisories counts, with who said it', () => {
  const severity = (raw: string, mapped: 'low' | 'critical' | 'unknown') => ({ source: 'debian', raw, mapped });
  const advisories = [
    { ...dsa, severity: null },
    { ...dsa, severity: severity('low', 'low') },
    { ...dsa, severity: severity('grave', 'critical') },
    { ...dsa, severity: severity('?', 'unknown') },
  ];
  assert.deepEqual(classify(query, [], knowing({ advisories })).severity, severity('grave', 'critical'));
});

test("where no advisory has a severity the uploader's urgency stands in, marked as what it is", () => {
  const of = (urgency: string) => classify(query, [], knowing({ changelog: { urgency } })).severity;
  assert.deepEqual(of('emergency'), { source: 'debian-changelog', raw: 'emergency', mapped: 'critical' });
  assert.deepEqual(of('soon'), { source: 'debian-changelog', raw: 'soon', mapped: 'unknown' });
  for (const word of ['constructor', '__proto__', 'toString']) assert.equal(of(word)?.mapped, 'unknown', word);
  const advised = classify(query, [], knowing({ advisories: [dsa], changelog: { urgency: 'emergency' } }));
  assert.equal(advised.severity?.source, 'debian');
});

test('the release date is that of the newest advisory, and none where no advisory has one', () => {
  const dates = ['2025-09-30T00:00:00Z', null, '2025-10-02T00:00:00Z', '2024-12-31T00:00:00Z'];
  const advisories = dates.map((issued) => ({ ...dsa, issued }));
  assert.equal(classify(query, [], knowing({ advisories })).releasedAt, '2025-10-02T00:00:00Z');
  assert.equal(classify(query, [], knowing({ advisories: [{ ...dsa, issued: null }] })).releasedAt, null);
  const changelog = { date: '2025-01-01T00:00:00Z', cves: ['CVE-2025-1'] };
  assert.equal(classify(query, [], knowing({ changelog })).releasedAt, null);
});

const plain = { ...MAIN, label: '', archive: '', codename: '' };
const archives: [Partial<typeof MAIN>, boolean][] = [
  [{ archive: 'jammy-security' }, true],
  [{ codename: 'bookworm-security' }, true],
  [{ label: 'Debian-Security' }, true],
  [{ archive: 'jammy-security', trusted: false }, false],
  [{ archive: 'jammy-updates' }, false],
  [{ label: 'Acme Insecurity' }, false],
  [{ label: 'Security tools' }, false],
  [{ origin: 'security' }, false],
];
for (const [more, expected] of archives) {
  test(`an archive with ${JSON.stringify(more)} is ${expected ? '' : 'not '}one of security updates`, () => {
    assert.equal(isSecurityOrigin({ ...plain, ...more }), expected);
  });
}
