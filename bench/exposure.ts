import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { recordInventory } from '../src/control/exposure/record-inventory.ts';
import type { InstalledPackage } from '../src/core/compliance/inventory.ts';
import { installed, inventory } from '../src/core/compliance/inventory-arbitrary.ts';
import { readDpkgStatus } from '../src/platforms/apt/dpkg-status.ts';
import { readPackagesIndex } from '../src/platforms/apt/packages-index.ts';
import { addNode } from '../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../test/database.ts';
import { advisory, advisorySet, askExposure } from '../test/exposure-fleet.ts';
import { readFacts, withoutFacts } from '../test/facts.ts';
import type { BenchRow } from './row.ts';

const NODES = Number(process.env.BENCH_NODES ?? 10_000);
/** Packages that differ from node to node, so that hardly two nodes have the same set. */
const CHANGED = 20;
const MEASURED = 200;
const BATCH = 500;
const ROUNDS = 5;
const ACCOUNT = '000000000000';
const CVE = 'CVE-2026-0001';

/** One vulnerability and ten thousand nodes, each with the packages of a real host and twenty of them newer or not. */
export async function benchExposure(): Promise<BenchRow[]> {
  if (withoutFacts) return [];
  const store = await testDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'bench-exposure-'));
  try {
    const host = realHost();
    const storing = await storeFleet(store, host, folder);
    const again = await storeAgain(store, host);
    const now = new Date();
    const advisories = await advisorySet([advisory('DSA-6015-1', [{ fixed: host.fixed }], [CVE])]);
    const before = process.memoryUsage.rss();
    let affected = 0;
    const ask = async () => {
      const exposure = await askExposure(store.db, CVE, { account: ACCOUNT, now, advisories });
      affected = exposure.nodes.filter(({ status }) => status === 'AFFECTED').length;
    };
    await store.pool.query('VACUUM ANALYZE');
    const ours = await bestOf(ask);
    const grown = (process.memoryUsage.rss() - before) / 1e6;
    const size = await megabytes(store, ['package_version', 'package_set', 'node_inventory']);
    const naive = await naiveTable(store, host.fixed, affected);
    const grep = await bestOf(async () => grepFor(folder));
    const fleet = `${NODES} nodes, ${host.packages.length} packages each, ${affected} affected`;
    const row = (job: string, time: string, versus: string, theirs: string, ratio: number | null, note: string) => ({
      job,
      ours: time,
      versus,
      theirs,
      ratio,
      note,
    });
    const question = 'which nodes does a new advisory touch';
    return [
      row(
        question,
        ms(ours),
        'SQL over a row for each package of each node, no index',
        ms(naive.scan),
        naive.scan / ours,
        fleet,
      ),
      row(
        question,
        ms(ours),
        'the same with an index on the source',
        ms(naive.indexed),
        naive.indexed / ours,
        `the server's memory grows by ${grown.toFixed(0)} MB`,
      ),
      row(
        question,
        ms(ours),
        "grep -l over the nodes' package lists in files (names alone)",
        ms(grep),
        grep / ours,
        'which compares no version',
      ),
      row(
        'keep an inventory that is new',
        ms(storing),
        'nothing to compare with',
        '–',
        null,
        `${size.toFixed(0)} MB for all, the plain table ${naive.size.toFixed(0)} MB; without fsync`,
      ),
      row('keep an inventory that is as it was', ms(again), 'nothing to compare with', '–', null, 'without fsync'),
    ];
  } finally {
    await store.dispose();
    rmSync(folder, { recursive: true });
  }
}

interface Host {
  readonly packages: readonly InstalledPackage[];
  /** Newer versions that the archives have, by name. */
  readonly newer: ReadonlyMap<string, InstalledPackage>;
  /** The newer version of openssl's source. */
  readonly fixed: string;
}

function realHost(): Host {
  const folder = 'debian-bookworm-2026-11';
  const status = readDpkgStatus(readFacts(`${folder}/sample-host-dpkg-status.xz`)).packages;
  const index = readPackagesIndex(readFacts(`${folder}/security_main_binary-amd64_Packages.xz`));
  const packages = status
    .filter(({ state }) => state === 'installed')
    .map(({ name, architecture, version, source, sourceVersion }) =>
      installed({ name, architecture, version, source, sourceVersion }),
    );
  const newer = new Map(
    packages.flatMap((one) => {
      const offered = index.lookup(one.name, one.architecture).at(-1);
      return offered === undefined || offered.version === one.version
        ? []
        : [[one.name, { ...one, version: offered.version, sourceVersion: offered.sourceVersion }]];
    }),
  );
  const fixed = newer.get('openssl')?.sourceVersion ?? newer.get('libssl3')?.sourceVersion;
  if (fixed === undefined) throw new Error('the data has no newer openssl');
  return { packages, newer, fixed };
}

/** Which of the packages with a newer version have it on a node: another twenty on each. */
function packagesOf({ packages, newer }: Host, node: number): InstalledPackage[] {
  const names = [...newer.keys()];
  const updated = new Set(
    Array.from({ length: CHANGED }, (_, step) => names[(node * 31 + step * (node % 97) + step * step) % names.length]),
  );
  return packages.map((one) => (updated.has(one.name) ? (newer.get(one.name) ?? one) : one));
}

/** Milliseconds for each node that was stored as a scan is; the others are laid down in bulk, in the same form. */
async function storeFleet(store: TestDatabase, host: Host, folder: string): Promise<number> {
  let spent = 0;
  mkdirSync(join(folder, 'lists'));
  const others: { id: string; packages: readonly InstalledPackage[] }[] = [];
  for (let node = 0; node < NODES; node += 1) {
    const id = await addNode(store.db, ACCOUNT, node);
    const packages = packagesOf(host, node);
    const lines = packages.map(({ name, architecture, version }) => `${name}\t${architecture}\t${version}\n`);
    writeFileSync(join(folder, 'lists', id), lines.join(''));
    if (node < MEASURED) spent += await storeOne(store, id, packages);
    else others.push({ id, packages });
    if (others.length === BATCH || node === NODES - 1) await storeBulk(store, others.splice(0));
  }
  return spent / Math.min(NODES, MEASURED);
}

async function storeBulk(
  { db }: TestDatabase,
  nodes: readonly { id: string; packages: readonly InstalledPackage[] }[],
) {
  const { rows } = await db.execute<{ id: number; key: string }>(
    sql`SELECT id, name || ' ' || architecture || ' ' || version AS key FROM package_version`,
  );
  const ids = new Map(rows.map(({ id, key }) => [key, id]));
  const sets = nodes.map(({ id, packages }) => {
    const found = packages.map((one) => ids.get(`${one.name} ${one.architecture} ${one.version}`));
    if (found.includes(undefined)) throw new Error('a version was on none of the nodes that were measured');
    return { id, packages: `{${(found as number[]).sort((a, b) => a - b).join()}}` };
  });
  await db.execute(sql`
    WITH asked AS (SELECT * FROM json_to_recordset(${JSON.stringify(sets)}::json) AS row (id text, packages integer[])),
    made AS (
      INSERT INTO package_set (account, hash, packages) SELECT ${ACCOUNT}, sha256(id::bytea), packages FROM asked
      RETURNING id, hash
    )
    INSERT INTO node_inventory SELECT ${ACCOUNT}, asked.id, 'debian:12', 'Debian12', 'bookworm', 'amd64', now(), made.id,
      (SELECT update_set FROM node_inventory LIMIT 1)
    FROM asked JOIN made ON made.hash = sha256(asked.id::bytea)`);
}

async function storeOne(
  { db }: TestDatabase,
  instanceId: string,
  packages: readonly InstalledPackage[],
): Promise<number> {
  const given = { account: ACCOUNT, instanceId, inventory: inventory({ packages }), gatheredAt: new Date() };
  const start = performance.now();
  await db.transaction((tx) => recordInventory(tx, given));
  return performance.now() - start;
}

async function storeAgain(store: TestDatabase, host: Host): Promise<number> {
  const { rows } = await store.db.execute<{ id: string }>(
    sql`SELECT instance_id AS id FROM node ORDER BY 1 LIMIT ${MEASURED}`,
  );
  let spent = 0;
  for (const [node, { id }] of rows.entries()) spent += await storeOne(store, id, packagesOf(host, node));
  return spent / rows.length;
}

/** The table that comes to mind first, filled from ours. */
async function naiveTable(store: TestDatabase, fixed: string, expected: number) {
  await store.pool.query(`CREATE TABLE naive AS SELECT had.instance_id, one.name, one.version, one.source, one.source_key
    FROM node_inventory had JOIN package_set s ON s.id = had.package_set CROSS JOIN unnest(s.packages) id
    JOIN package_version one ON one.id = id.id`);
  await store.pool.query('VACUUM ANALYZE naive');
  const { rows } = await store.pool.query(
    `SELECT source_key FROM package_version WHERE source = 'openssl' AND source_version = '${fixed.replaceAll("'", '')}' LIMIT 1`,
  );
  const ask = async () => {
    const found = await store.pool.query(
      `SELECT node.instance_id, array_agg(naive.name) AS names FROM node LEFT JOIN naive ON naive.instance_id = node.instance_id
       AND source = 'openssl' AND source_key < $1 GROUP BY node.instance_id`,
      [rows[0].source_key],
    );
    const affected = found.rows.filter(({ names }) => names[0] !== null).length;
    if (affected !== expected) throw new Error(`the plain table finds ${affected} nodes, and we ${expected}`);
  };
  const scan = await bestOf(ask);
  const size = await megabytes(store, ['naive']);
  await store.pool.query('CREATE INDEX ON naive (source)');
  await store.pool.query('ANALYZE naive');
  return { scan, indexed: await bestOf(ask), size };
}

function grepFor(folder: string): void {
  execFileSync('grep', ['-rlE', '^(openssl|libssl3)\t', join(folder, 'lists')], { maxBuffer: 1024 ** 3 });
}

async function megabytes(store: TestDatabase, tables: readonly string[]): Promise<number> {
  const { rows } = await store.pool.query(
    'SELECT sum(pg_total_relation_size(one::regclass)) AS bytes FROM unnest($1::text[]) one',
    [tables],
  );
  return Number(rows[0].bytes) / 1e6;
}

async function bestOf(job: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await job();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function ms(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${milliseconds.toFixed(0)} ms`;
}
