import { fetchObject, s3FromEnvironment } from '../clouds/s3/fetch-object.ts';
import { type FetchLimits, fetchText } from '../clouds/web/fetch-text.ts';
import type { Orchestration as LedKind } from '../control/documents/view.ts';
import { inventoryOrchestration } from '../control/inventory/gathering/orchestrate.ts';
import { findNode } from '../control/managed-nodes/nodes.ts';
import { patchBaselineOrchestration } from '../control/patch-manager/runs/orchestrate.ts';
import { hooksOrchestration } from '../control/patch-manager/runs/with-hooks.ts';
import type { FindOrchestration, LedInvocation, Orchestration } from '../control/run-command/orchestration.ts';
import type { Knowledge } from '../core/advisories/types.ts';

interface LedNeeds {
  readonly knowledge: () => Promise<Knowledge>;
  readonly region: string;
  /** For the files that commands name, such as an InstallOverrideList. */
  readonly downloads: FetchLimits;
}

/** The procedures that a server leads itself; `wiring.ts` refuses documents that ask for others. */
export function ledProcedures({ knowledge, region, downloads }: LedNeeds): FindOrchestration {
  const source = s3FromEnvironment(process.env, region);
  const needs = {
    knowledge,
    isScanOnly: async ({ db, account, instanceId }: LedInvocation) =>
      (await findNode(db, account, instanceId))?.scanOnly === true,
    fetchFile: (address: string) =>
      address.startsWith('s3://') ? fetchObject(address, source, downloads, new Date()) : fetchText(address, downloads),
  };
  const led: Readonly<Record<LedKind, Orchestration>> = {
    'patch-baseline': patchBaselineOrchestration(needs),
    'patch-baseline-with-hooks': hooksOrchestration(needs),
    inventory: inventoryOrchestration(),
  };
  return (name) => (Object.hasOwn(led, name) ? led[name as LedKind] : null);
}
