import { type ParsedOverride, parseBaselineOverride } from '../../../core/baselines/baseline-override.ts';
import { type InstallList, parseInstallList } from '../../../core/baselines/install-list.ts';
import type { OperatingSystem, PatchBaseline } from '../../../core/baselines/types.ts';
import { KintsugiError } from '../../../core/errors.ts';
import { commandFileOf, type FetchFile } from '../../run-command/command-file.ts';
import type { LedInvocation } from '../../run-command/orchestration.ts';
import { patchSnapshotOf, presentSnapshot, type Snapshot, type SnapshotKey } from '../snapshots.ts';

export function parameter(invocation: Pick<LedInvocation, 'parameters'>, name: string): string {
  return invocation.parameters[name]?.[0] ?? '';
}

/** The list that an Install takes in the place of the baseline's patches; null: there is none. A Scan ignores it. */
export async function installListOf(invocation: LedInvocation, fetchFile: FetchFile): Promise<InstallList | null> {
  const address = parameter(invocation, 'InstallOverrideList');
  if (address === '' || parameter(invocation, 'Operation') !== 'Install') return null;
  const parsed = parseInstallList(await commandFileOf(invocation, 'InstallOverrideList', address, fetchFile));
  if (parsed.ok) return parsed.list;
  throw invalid('InstallOverrideList', parsed.faults);
}

/**
 * The snapshot of a run. With a BaselineOverride its baseline is frozen, at the first use of the snapshot's id; later
 * uses of the id mean what was frozen, whatever they name.
 */
export async function snapshotOf(invocation: LedInvocation, key: SnapshotKey, fetchFile: FetchFile): Promise<Snapshot> {
  const { db, now } = invocation;
  const known = await presentSnapshot(db, key, now());
  if (known !== null) return known;
  const address = parameter(invocation, 'BaselineOverride');
  if (address === '') return patchSnapshotOf(db, key, now());
  const parsed = parseBaselineOverride(await commandFileOf(invocation, 'BaselineOverride', address, fetchFile));
  return patchSnapshotOf(db, key, now(), baselineIn(parsed, key.operatingSystem));
}

function baselineIn(parsed: ParsedOverride, operatingSystem: OperatingSystem): PatchBaseline {
  if (!parsed.ok) throw invalid('BaselineOverride', parsed.faults);
  const found = parsed.baselines.get(operatingSystem);
  if (found !== undefined) return found;
  throw invalid('BaselineOverride', [`it has no baseline for ${operatingSystem}, which this node is`]);
}

function invalid(name: string, faults: readonly string[]): KintsugiError {
  return new KintsugiError('OverrideInvalid', `The file of ${name} cannot be used: ${faults.join('; ')}.`);
}
