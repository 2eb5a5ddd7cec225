import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// For each import between a package's own files Node makes the list of its exports anew, only to learn whether they are
// modules. drizzle-orm has 447 exports in 179 kB and a hundred files: nearly two seconds of processor time at each start
// of ours. Called by bin/setup, this leaves the exports that are imported here; a new one belongs into this list.
const KEPT = ['.', './errors', './node-postgres', './pg-core', './package.json'];

const file = join(import.meta.dirname, '../node_modules/drizzle-orm/package.json');
const described = JSON.parse(readFileSync(file, 'utf8'));
described.exports = Object.fromEntries(Object.entries(described.exports).filter(([name]) => KEPT.includes(name)));
// Whoever starts at this moment reads the old file or the new one.
writeFileSync(`${file}.new`, `${JSON.stringify(described, null, 2)}\n`);
renameSync(`${file}.new`, file);
