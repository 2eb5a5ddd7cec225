import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { addNode } from '../../../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { advisory, advisorySet, askExposure } from '../../../test/exposure-fleet.ts';
import { recordScan } from '../../../test/patch-scan.ts';
import { affects } from '../../core/advisories/affects.ts';
import { compareIn } from '../../core/advisories/ecosystem-versions.ts';
import { parseExposureSubject } from '../../core/advisories/exposure-subject.ts';
import { buildKnowledge } from '../../core/advisories/knowledge.ts';
import type { Advisory, AffectedPackage } from '../../core/advisories/types.ts';
import type { InstalledPackage } from '../../core/compliance/inventory.ts';
import { installed, inventory, NOW } from '../../core/compliance/inventory-arbitrary.ts';
import { compareDpkg } from '../../core/versions/dpkg.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const ECOSYSTEMS = ['debian:12', 'debian:11', 'ubuntu:24.04'];
const SOURCES = ['openssl', 'linux', 'linux-signed-amd64', 'glibc'];
const VERSIONS = [
  '1.0-1',
  '1.0-1+b1',
  '1.0+1',
  '1.0-2~deb12u1',
  '1.0-2',
  '1:0.9-1',
  '1.0~rc1-1',
  '2.0',
  '2.0-0ubuntu1',
];
const CVE = 'CVE-2026-1000';

const version = fc.constantFrom(...VERSIONS);
const packageArbitrary = fc
  .record({
    name: fc.constantFrom('openssl', 'libssl3', 'linux-image', 'libc6'),
    architecture: fc.constantFrom('amd64', 'i386', 'all'),
    source: fc.constantFrom(...SOURCES),
    version,
    sourceVersion: version,
  })
  .map((one) => installed(one));
const nodeArbitrary = fc.record({
  ecosystem: fc.constantFrom(...ECOSYSTEMS),
  packages: fc.uniqueArray(packageArbitrary, {
    maxLength: 6,
    selector: ({ name, architecture }) => `${name} ${architecture}`,
  }),
  history: fc.constantFrom('scanned', 'scanned', 'scanned', 'stale', 'unknown', 'never'),
});
const affectedArbitrary: fc.Arbitrary<AffectedPackage> = fc.record(
  {
    ecosystem: fc.constantFrom('debian:12', 'debian:11'),
    name: fc.constantFrom('openssl', 'linux', 'glibc', 'libssl3'),
    kind: fc.constantFrom('source', 'binary'),
    fixed: fc.option(version),
    introduced: version,
    architecture: fc.constantFrom('amd64', 'all'),
  },
  { requiredKeys: ['ecosystem', 'name', 'kind', 'fixed'] },
);
const advisoriesArbitrary = fc
  .array(fc.record({ affected: fc.array(affectedArbitrary, { maxLength: 3 }), named: fc.boolean() }), { maxLength: 4 })
  .map((list) =>
    list.map(({ affected, named }, index) => advisory(`DSA-${index + 1}-1`, affected, named ? [CVE] : [])),
  );

type Node = typeof nodeArbitrary extends fc.Arbitrary<infer T> ? T : never;
let accounts = 0;

/** Every package of every node, asked one by one. */
function naive(node: Node, advisories: readonly Advisory[]): 'AFFECTED' | 'UNKNOWN' | 'NOT_AFFECTED' {
  if (node.history === 'never') return 'UNKNOWN';
  const named = advisories.filter(({ cves }) => cves.includes(CVE));
  if (node.packages.some((one) => isHit(node.ecosystem, one, named))) return 'AFFECTED';
  if (node.history !== 'scanned' || named.length === 0) return 'UNKNOWN';
  const rows = (list: readonly Advisory[]) => list.flatMap(({ affected }) => affected);
  if (rows(named).some(({ ecosystem }) => ecosystem === node.ecosystem)) return 'NOT_AFFECTED';
  if (!rows(advisories).some(({ ecosystem }) => ecosystem === node.ecosystem)) return 'UNKNOWN';
  const namesIt = (one: InstalledPackage) => rows(named).some((row) => row.name === nameFor(row, one));
  return node.packages.some(namesIt) ? 'UNKNOWN' : 'NOT_AFFECTED';
}

const isSigned = ({ source }: InstalledPackage) => source === 'linux-signed-amd64';
const nameFor = ({ kind }: AffectedPackage, one: InstalledPackage) =>
  kind === 'binary' ? one.name : isSigned(one) ? 'linux' : one.source;

function isHit(ecosystem: string, one: InstalledPackage, named: readonly Advisory[]): boolean {
  return named.some((each) =>
    each.affected.some((row) => {
      if (row.ecosystem !== ecosystem || row.name !== nameFor(row, one)) return false;
      if (row.fixed === null) {
        const sourceVersion = isSigned(one) ? one.version : one.sourceVersion;
        return affects(row, { ...one, sourceVersion }, compareIn(ecosystem));
      }
      const knowledge = buildKnowledge({
        advisories: [{ ...each, affected: [row] }],
        exploited: [],
        epss: [],
        compare: compareIn,
      });
      const query = { ...one, ecosystem, installedVersion: one.version, installedSourceVersion: one.sourceVersion };
      const fixed = { availableVersion: row.fixed, availableSourceVersion: row.fixed };
      return knowledge.fixedBy({ ...query, ...fixed }).length > 0;
    }),
  );
}

async function fleet(nodes: readonly Node[]): Promise<{ account: string; ids: string[] }> {
  accounts += 1;
  const account = String(accounts).padStart(12, '0');
  const ids: string[] = [];
  for (const [index, node] of nodes.entries()) {
    const instanceId = await addNode(store.db, account, index);
    ids.push(instanceId);
    if (node.history === 'never') continue;
    const base = inventory();
    const endedAt = node.history === 'stale' ? new Date(NOW.getTime() - 3 * 86_400_000) : NOW;
    const problem = { code: 'locked', unknown: true, message: 'It is so.', next: null } as const;
    await recordScan(store.db, {
      account,
      instanceId,
      endedAt,
      inventory: {
        ...base,
        target: { ...base.target, os: { ...base.target.os, ecosystem: node.ecosystem } },
        packages: node.packages,
        evidence: {
          ...base.evidence,
          gatheredAt: endedAt.toISOString(),
          problems: node.history === 'unknown' ? [problem] : [],
        },
      },
    });
  }
  return { account, ids };
}

test('the answer about a CVE is what every package of every node says when asked one by one', async () => {
  const nodes = fc.array(nodeArbitrary, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(nodes, advisoriesArbitrary, async (list, advisories) => {
      const { account, ids } = await fleet(list);
      const files = await advisorySet(advisories);
      const exposure = await askExposure(store.db, CVE, { account, now: NOW, advisories: files });
      const found = exposure.nodes.map(({ node, status }) => [node.instanceId, status]);
      assert.deepEqual(
        found,
        list.map((node, index) => [ids[index], naive(node, advisories)]),
      );
    }),
    { numRuns: 60 },
  );
});

test('the answer about a package and a bound is what comparing every version says', async () => {
  const nodes = fc.array(nodeArbitrary, { minLength: 1, maxLength: 6 });
  const question = fc.record({
    name: fc.constantFrom('openssl', 'libssl3', 'linux'),
    operator: fc.constantFrom('<', '<=', '=', '>=', '>'),
    version,
  });
  await fc.assert(
    fc.asyncProperty(nodes, question, async (list, { name, operator, version: bound }) => {
      const { account } = await fleet(list);
      const advisories = await advisorySet([]);
      const exposure = await askExposure(store.db, `${name}${operator}${bound}`, { account, now: NOW, advisories });
      const holds = (one: string) => {
        const order = compareDpkg(one, bound);
        return (
          (operator.includes('=') && order === 0) ||
          (operator.includes('<') && order < 0) ||
          (operator.includes('>') && order > 0)
        );
      };
      const expected = list.map((node) => {
        if (node.history === 'never') return 'UNKNOWN';
        const isHeld = node.packages.some(
          (one) =>
            (one.name === name && holds(one.version)) ||
            ((isSigned(one) ? 'linux' : one.source) === name && holds(isSigned(one) ? one.version : one.sourceVersion)),
        );
        return isHeld ? 'AFFECTED' : node.history === 'scanned' ? 'NOT_AFFECTED' : 'UNKNOWN';
      });
      assert.deepEqual(
        exposure.nodes.map(({ status }) => status),
        expected,
      );
    }),
    { numRuns: 60 },
  );
});

test('any text is a question or is none, and an answer never throws', async () => {
  const { account } = await fleet([{ ecosystem: 'debian:12', packages: [installed()], history: 'scanned' }]);
  const advisories = await advisorySet([]);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 }), async (text) => {
      if ('fault' in parseExposureSubject(text)) return;
      await askExposure(store.db, text, { account, now: NOW, advisories });
    }),
    { numRuns: 200 },
  );
});
