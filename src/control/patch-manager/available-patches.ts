import { and, eq, sql } from 'drizzle-orm';
import { SEVERITY_LEVELS, type Severity } from '../../core/advisories/types.ts';
import { isSecurityOrigin } from '../../core/compliance/classify.ts';
import type { AvailableUpdate, Inventory, TargetOs } from '../../core/compliance/inventory.ts';
import type { PatchResult } from '../../core/compliance/types.ts';
import type { Database } from '../../store/database.ts';
import { availablePatch } from '../../store/schema/patch.ts';
import type { FirstSeen } from './first-seen.ts';
import { storable } from './storable.ts';

export type AvailablePatch = typeof availablePatch.$inferSelect;

/** As much of an inventory as the versions that it was offered need. */
export interface OfferedUpdates {
  readonly target: { readonly os: Pick<TargetOs, 'operatingSystem' | 'product'> };
  readonly updates: Inventory['updates'];
}

const DAY = 86_400_000;
/** A version that no node was offered for so long is forgotten. */
const FORGOTTEN_AFTER_MS = 90 * DAY;

/**
 * Adds what one node was offered to what is known of available patches. Nodes that come from different versions fix
 * different flaws with the same one, so that knowledge adds up: the worst severity, all advisories and CVEs, the earliest
 * sight. What adds nothing is not written again.
 */
export async function noteAvailablePatches(
  tx: Database,
  account: string,
  found: {
    readonly inventory: OfferedUpdates;
    readonly results: readonly PatchResult[];
    /** ISO 8601 date of the newest advisory that the update fixes, or null. */
    readonly releasedAt: (update: AvailableUpdate) => string | null;
    readonly seenAt: Date;
  },
): Promise<void> {
  const { target, updates } = found.inventory;
  const { product, operatingSystem } = target.os;
  const judged = new Map(found.results.map((one) => [`${one.name}\n${one.availableVersion}`, one]));
  const offered = new Map(
    updates.map((update) => {
      const result = judged.get(`${update.name}\n${update.version}`) ?? null;
      const patch = patchOf(update, result, dateOf(found.releasedAt(update)), found.seenAt);
      const row = storable({ account, product, operatingSystem, ...patch });
      return [keyOf(row), row];
    }),
  );
  if (offered.size === 0) return;
  const known = await knownPatches(tx, account, storable(product), [...offered.values()]);
  const fresh = [...offered].flatMap(([key, row]) => {
    const before = known.get(key);
    const merged = before === undefined ? row : merge(before, row);
    return merged === before ? [] : [merged];
  });
  if (fresh.length > 0) await upsert(tx, fresh);
}

/** When the account first saw a version, for the evaluation that comes before the record; what is new, it sees at `now`. */
export async function firstSeenOf(
  db: Database,
  account: string,
  { target, updates }: Pick<Inventory, 'target' | 'updates'>,
  now: Date,
): Promise<(update: Key) => string> {
  const known = await knownPatches(db, account, storable(target.os.product), updates.map(storableKey));
  return (update) => (known.get(keyOf(storableKey(update)))?.firstSeen ?? now).toISOString();
}

/**
 * The same as a record of its own, for a run that is led by servers: what it saw at its first look is kept before
 * anything is changed, so that the server which takes the run over knows it as well.
 */
export async function firstSeenRecord(
  db: Database,
  account: string,
  inventory: Pick<Inventory, 'target' | 'updates' | 'evidence'>,
): Promise<FirstSeen> {
  const seenAt = new Date(inventory.evidence.gatheredAt);
  const of = await firstSeenOf(db, account, inventory, seenAt);
  return {
    of,
    note: async (updates) => {
      const found = { inventory, results: [], releasedAt: () => null, seenAt };
      await db.transaction((tx) => noteAvailablePatches(tx, account, found));
      return updates.length;
    },
  };
}

/** Takes out what nothing has offered for 90 days. Answers how many there were. */
export async function forgetOldPatches(db: Database, now: Date): Promise<number> {
  const limit = new Date(now.getTime() - FORGOTTEN_AFTER_MS);
  const gone = await db
    .delete(availablePatch)
    .where(sql`${availablePatch.lastSeen} < ${limit.toISOString()}::timestamptz`)
    .returning({ name: availablePatch.name });
  return gone.length;
}

type Key = Pick<AvailablePatch, 'name' | 'architecture' | 'version'>;

function keyOf({ name, architecture, version }: Key): string {
  return `${name}\n${architecture}\n${version}`;
}

function storableKey({ name, architecture, version }: Key): Key {
  return storable({ name, architecture, version });
}

async function knownPatches(db: Database, account: string, product: string, keys: readonly Key[]) {
  const column = (key: keyof Key) => sql.param(keys.map((one) => one[key]));
  const rows = await db
    .select()
    .from(availablePatch)
    .where(
      and(
        eq(availablePatch.account, account),
        eq(availablePatch.product, product),
        sql`(${availablePatch.name}, ${availablePatch.architecture}, ${availablePatch.version}) IN (
          SELECT * FROM unnest(${column('name')}::text[], ${column('architecture')}::text[], ${column('version')}::text[]))`,
      ),
    );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function patchOf(update: AvailableUpdate, found: PatchResult | null, releasedAt: Date | null, seenAt: Date) {
  const origin = update.origins.find(isSecurityOrigin) ?? update.origins[0];
  return {
    name: update.name,
    architecture: update.architecture,
    version: update.version,
    classification: found?.classification ?? null,
    severity: found?.severity ?? null,
    priority: update.priority,
    section: update.section,
    repository: origin?.codename || origin?.archive || null,
    advisories: found?.advisories ?? [],
    cves: found?.cves ?? [],
    exploited: found?.exploited ?? [],
    epss: found?.epss ?? null,
    releasedAt,
    firstSeen: dateOf(found?.firstSeen ?? null) ?? seenAt,
    lastSeen: seenAt,
  };
}

function dateOf(text: string | null): Date | null {
  const date = text === null ? null : new Date(text);
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}

/** The same object where `fresh` adds nothing to `known`. */
function merge(known: AvailablePatch, fresh: AvailablePatch): AvailablePatch {
  const merged = {
    ...known,
    classification: known.classification === 'Security' ? 'Security' : (fresh.classification ?? known.classification),
    severity: worse(known.severity, fresh.severity),
    repository: known.repository ?? fresh.repository,
    advisories: union(known.advisories, fresh.advisories),
    cves: union(known.cves, fresh.cves),
    exploited: union(known.exploited, fresh.exploited),
    epss: known.epss === null || (fresh.epss ?? 0) > known.epss ? fresh.epss : known.epss,
    releasedAt: (fresh.releasedAt ?? 0) > (known.releasedAt ?? 0) ? fresh.releasedAt : known.releasedAt,
    firstSeen: fresh.firstSeen < known.firstSeen ? fresh.firstSeen : known.firstSeen,
  };
  // Once a day is enough to know that it is still offered.
  const stillSeen = fresh.lastSeen.getTime() - known.lastSeen.getTime() > DAY;
  if (!stillSeen && JSON.stringify(merged) === JSON.stringify(known)) return known;
  return { ...merged, lastSeen: stillSeen ? fresh.lastSeen : known.lastSeen };
}

function union(known: readonly string[], fresh: readonly string[]): readonly string[] {
  return fresh.every((one) => known.includes(one)) ? known : [...new Set([...known, ...fresh])].sort();
}

function worse(known: Severity | null, fresh: Severity | null): Severity | null {
  if (known === null || fresh === null) return known ?? fresh;
  const rank = ({ mapped }: Severity) => SEVERITY_LEVELS.indexOf(mapped);
  return rank(fresh) < rank(known) ? fresh : known;
}

/** In the order of the keys, so that two nodes with the same patches wait for each other and do not lock each other out. */
async function upsert(tx: Database, rows: readonly AvailablePatch[]): Promise<void> {
  const sorted = rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await tx.execute(sql`
    INSERT INTO available_patch AS old (account, product, name, architecture, version, operating_system, classification,
      severity, priority, section, repository, advisories, cves, exploited, epss, released_at, first_seen, last_seen)
    SELECT account, product, name, architecture, version, "operatingSystem", classification, severity, priority, section,
      repository, advisories, cves, exploited, epss, "releasedAt", "firstSeen", "lastSeen"
    FROM json_to_recordset(${JSON.stringify(sorted)}::json) AS row (
      account text, product text, name text, architecture text, version text, "operatingSystem" text,
      classification text, severity jsonb, priority text, section text, repository text, advisories jsonb, cves jsonb,
      exploited jsonb, epss double precision, "releasedAt" timestamptz, "firstSeen" timestamptz, "lastSeen" timestamptz)
    ON CONFLICT (account, product, name, architecture, version) DO UPDATE SET
      classification = excluded.classification, severity = excluded.severity, repository = excluded.repository,
      advisories = excluded.advisories, cves = excluded.cves, exploited = excluded.exploited, epss = excluded.epss,
      released_at = excluded.released_at,
      first_seen = least(old.first_seen, excluded.first_seen),
      last_seen = greatest(old.last_seen, excluded.last_seen)`);
}
