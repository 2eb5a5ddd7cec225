import { sql } from 'drizzle-orm';
import type { Database } from '../../../store/database.ts';

/** Why an image may not be used: it was revoked itself, or what it was made from. */
export interface Revocation {
  /** The one that was revoked: the image, or an ancestor. */
  readonly digest: string;
  readonly reason: string;
  readonly revokedAt: Date;
  readonly revokedBy: string;
}

/**
 * The revocations that images fall under, by the image; those that may be used are not in it. Asked each time and kept
 * nowhere: an image that is registered after its ancestor was revoked is revoked as well. Where there are several, its
 * own comes first, then the oldest.
 */
export async function revocationsOf(
  db: Database,
  account: string,
  digests: readonly string[],
): Promise<Map<string, Revocation>> {
  if (digests.length === 0) return new Map();
  // UNION without ALL: two ways to one ancestor are one, and a circle would end.
  const { rows } = await db.execute<{ image: string; digest: string; reason: string; at: string; by: string }>(sql`
    WITH RECURSIVE line (image, ancestor) AS (
      SELECT asked COLLATE "C", asked COLLATE "C" FROM json_array_elements_text(${JSON.stringify(digests)}::json) AS asked
      UNION
      SELECT line.image, p.parent FROM line JOIN image_parent p ON p.account = ${account} AND p.digest = line.ancestor)
    SELECT DISTINCT ON (line.image) line.image, r.digest, r.reason, r.revoked_by AS by,
      to_char(r.revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
    FROM line JOIN image_revocation r ON r.account = ${account} AND r.digest = line.ancestor
    ORDER BY line.image, r.digest <> line.image, r.revoked_at, r.digest`);
  return new Map(
    rows.map(({ image, digest, reason, at, by }) => [
      image,
      { digest, reason, revokedAt: new Date(at), revokedBy: by },
    ]),
  );
}

export async function revocationOf(db: Database, account: string, digest: string): Promise<Revocation | null> {
  return (await revocationsOf(db, account, [digest])).get(digest) ?? null;
}

/** The image and all that was made from it, in order of their digests. */
export async function withDescendants(db: Database, account: string, digest: string): Promise<string[]> {
  const { rows } = await db.execute<{ digest: string }>(sql`
    WITH RECURSIVE tree (digest) AS (
      SELECT ${digest}::text COLLATE "C"
      UNION
      SELECT p.digest FROM tree JOIN image_parent p ON p.account = ${account} AND p.parent = tree.digest)
    SELECT digest FROM tree ORDER BY digest`);
  return rows.map((row) => row.digest);
}

/** Why a revoked image is refused, in a sentence. */
export function revokedText(image: string, { digest, reason, revokedAt, revokedBy }: Revocation): string {
  const what = digest === image ? `${image} is revoked` : `${image} was made from ${digest}, which is revoked`;
  return `${what} since ${revokedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC by ${revokedBy}: ${reason}`;
}
