import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { KintsugiError } from '../core/errors.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
/** Any number that nothing else locks: servers that start at the same time migrate one after the other. */
const LOCK = 8_420_001;

/** The checked-in migrations, in order of their number. */
export function migrations(): { name: string; sql: string; hash: string }[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(name, FOLDER), 'utf8');
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings the database to this release's schema, each step in a transaction of its own with its note, so that a crash
 * in between is taken up where it was. A step that was applied and has changed since is refused. Answers the new ones.
 */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await client.query<{ name: string; hash: string }>('SELECT name, hash FROM migration');
    const applied = new Map(rows.map(({ name, hash }) => [name, hash]));
    const fresh: string[] = [];
    for (const { name, sql, hash } of migrations()) {
      const known = applied.get(name);
      if (known !== undefined && known !== hash)
        throw new KintsugiError('StoreFailed', `Migration ${name} was applied in another form than this release has.`);
      if (known !== undefined) continue;
      await client.query('BEGIN');
      try {
        await client.query(sql);
        await client.query('INSERT INTO migration (name, hash) VALUES ($1, $2)', [name, hash]);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw new KintsugiError('StoreFailed', `Migration ${name} failed: ${(error as Error).message}`, {
          cause: error,
        });
      }
      fresh.push(name);
    }
    return fresh;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => {});
    client.release();
  }
}
