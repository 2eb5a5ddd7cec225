import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addNode, nodeId } from '../../../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { advisorySet, askExposure } from '../../../test/exposure-fleet.ts';
import { readFacts, withoutFacts } from '../../../test/facts.ts';
import { fakeCall } from '../../../test/fake-call.ts';
import { recordScan } from '../../../test/patch-scan.ts';
import { parseDebianList } from '../../core/advisories/debian-list.ts';
import { compareIn } from '../../core/advisories/ecosystem-versions.ts';
import { buildKnowledge } from '../../core/advisories/knowledge.ts';
import type { InstalledPackage } from '../../core/compliance/inventory.ts';
import { installed, inventory, NOW } from '../../core/compliance/inventory-arbitrary.ts';
import { readDpkgStatus } from '../../platforms/apt/dpkg-status.ts';
import { readPackagesIndex } from '../../platforms/apt/packages-index.ts';
import type { ArchiveKnowledge } from '../repositories/repositories.ts';
import { indexesFor, type LoadedIndex, newestIn } from '../repositories/repository-index.ts';
import { publishedUpdateOperations } from './published-updates.ts';

const FOLDER = 'debian-bookworm-2026-11';
const ACCOUNT = '000000000000';

/** The archives of bookworm on the day of the data. */
function realArchives(): ArchiveKnowledge {
  const indexes = ['main', 'security_main', 'updates_main'].map((name): LoadedIndex => {
    const buffer = readFacts(`${FOLDER}/${name}_binary-amd64_Packages.xz`);
    const where = {
      description: name,
      codename: 'bookworm',
      origin: 'Debian',
      architecture: 'amd64',
      file: '',
      release: '',
    };
    return { ...where, forRelease: 'bookworm', index: readPackagesIndex(buffer) };
  });
  return {
    states: () => [],
    newest: (node, one) => ({ newest: newestIn(indexesFor(indexes, node), one, node.architecture), complete: true }),
  };
}

describe('a real host, real advisories and real archives', { skip: withoutFacts }, () => {
  let store: TestDatabase;
  let packages: readonly InstalledPackage[] = [];
  const bookworm = nodeId(ACCOUNT, 0);
  /** The host's own on bookworm; the same at versions older than any advisory on the others. */
  const packagesIn = (ecosystem: string) =>
    ecosystem === 'debian:12'
      ? packages
      : packages.map((one) => ({ ...one, version: '0~old', sourceVersion: '0~old' }));
  before(async () => {
    store = await testDatabase();
    const { packages: status } = readDpkgStatus(readFacts(`${FOLDER}/sample-host-dpkg-status.xz`));
    packages = status
      .filter(({ state }) => state === 'installed')
      .map(({ name, architecture, version, source, sourceVersion }) =>
        installed({ name, architecture, version, source, sourceVersion }),
      );
    for (const [number, ecosystem] of ['debian:12', 'debian:11', 'debian:10'].entries()) {
      const instanceId = await addNode(store.db, ACCOUNT, number);
      const base = inventory({ packages: packagesIn(ecosystem) });
      const os = { ...base.target.os, ecosystem };
      await recordScan(store.db, { instanceId, inventory: { ...base, target: { ...base.target, os } } });
    }
  });
  after(() => store.dispose());

  it('agree with each package of each node asked alone, advisory by advisory', async () => {
    const { records } = parseDebianList(readFacts('debian-security-tracker-2023-04/data/DSA/list').toString());
    const advisories = await advisorySet(records);
    let affected = 0;
    for (const one of records.slice(0, 800).filter((_, index) => index % 10 === 0)) {
      const knowledge = buildKnowledge({ advisories: [one], exploited: [], epss: [], compare: compareIn });
      const { nodes } = await askExposure(store.db, one.id, { account: ACCOUNT, now: NOW, advisories });
      for (const { node, status } of nodes) {
        const ecosystem = node.inventory?.ecosystem ?? '';
        const isHit = packagesIn(ecosystem).some((each) =>
          one.affected.some(({ fixed, ...row }) => {
            if (row.ecosystem !== ecosystem) return false;
            if (fixed === null) return each.source === row.name;
            const query = {
              ...each,
              ecosystem,
              installedVersion: each.version,
              installedSourceVersion: each.sourceVersion,
            };
            return knowledge.fixedBy({ ...query, availableVersion: fixed, availableSourceVersion: fixed }).length > 0;
          }),
        );
        assert.notEqual(status, 'UNKNOWN', one.id);
        assert.equal(status === 'AFFECTED', isHit, `${one.id} ${ecosystem}`);
        affected += isHit ? 1 : 0;
      }
    }
    assert.ok(affected > 0, `${affected} hits`);
  });

  it('find the updates that apt lists for that host, without asking it', async () => {
    const listed = readFacts(`${FOLDER}/sample-host-apt-list-upgradable.txt`).toString();
    const expected = [...listed.matchAll(/^([^/\s]+)\/\S+ (\S+) \S+ \[upgradable/gm)].map(
      ([, name, version]) => `${name} ${version}`,
    );
    const operations = publishedUpdateOperations(realArchives());
    const call = fakeCall(store.db, { now: NOW });
    const answer = (await operations.ListPublishedUpdates?.run(call, {
      InstanceId: bookworm,
      MaxResults: 1000,
    } as never)) as {
      Complete: boolean;
      Updates: { Package: string; Version: string }[];
    };
    assert.equal(answer.Complete, true);
    assert.ok(expected.length > 100);
    assert.deepEqual(answer.Updates.map((one) => `${one.Package} ${one.Version}`).sort(), expected.sort());
  });

  it('tell which update of openssl the archives have for the nodes that have it', async () => {
    const given = { account: ACCOUNT, now: NOW, advisories: await advisorySet([]), archives: realArchives() };
    const newest = realArchives().newest(
      { product: 'Debian12', codename: 'bookworm', architecture: 'amd64' },
      { name: 'libssl3', architecture: 'amd64', version: '0' },
      NOW,
    )?.newest;
    const { nodes } = await askExposure(store.db, `openssl<${newest?.version}`, given);
    const [first] = nodes;
    assert.equal(first?.status, 'AFFECTED');
    assert.ok(first.findings.some(({ match, update }) => match.name === 'libssl3' && update === 'PUBLISHED'));
    assert.ok(first.findings.every(({ updateVersion }) => updateVersion === newest?.version));
  });
});
