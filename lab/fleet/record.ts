import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOrphan, labHome } from '../residue.ts';

/** What is known of a fleet besides its keeper: enough to show it, and to tell its server that it is gone. */
export interface FleetRecord {
  readonly endpoint: string;
  readonly region: string;
  /** Why its nodes share the network of this machine; null where they have one of their own. */
  readonly noNetwork: string | null;
  readonly nodes: readonly FleetNode[];
}

export interface FleetNode {
  readonly name: string;
  readonly instanceId: string;
  readonly patchGroup: string;
  readonly address: string | null;
  /** The folder of its root. */
  readonly root: string;
}

export interface FoundFleet extends FleetRecord {
  readonly folder: string;
  readonly keeper: number;
  readonly isAlive: boolean;
}

const NAME = 'fleet.json';

export function controlSocket(folder: string): string {
  return join(folder, 'control');
}

/** Whole or not at all. */
export function writeRecord(folder: string, record: FleetRecord): void {
  writeFileSync(join(folder, `${NAME}.new`), JSON.stringify(record), { mode: 0o600 });
  renameSync(join(folder, `${NAME}.new`), join(folder, NAME));
}

/** The fleets of this machine, also those whose keeper was killed. */
export function fleets(): FoundFleet[] {
  const runs = join(labHome(), 'run');
  if (!existsSync(runs)) return [];
  return readdirSync(runs).flatMap((name) => {
    const folder = join(runs, name);
    const file = join(folder, NAME);
    if (!existsSync(file)) return [];
    const record = JSON.parse(readFileSync(file, 'utf8')) as FleetRecord;
    return [{ ...record, folder, keeper: Number(name.split('-')[0]), isAlive: !isOrphan(name) }];
  });
}
