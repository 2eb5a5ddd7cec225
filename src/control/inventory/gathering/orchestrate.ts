import { createHash, randomBytes } from 'node:crypto';
import { substitute } from '../../../core/documents/substitute.ts';
import { isObject, type Json } from '../../../core/documents/types.ts';
import { KintsugiError } from '../../../core/errors.ts';
import { composeGather, type Part, readGathered } from '../../../platforms/inventory/gather.ts';
import type { PluginResult } from '../../../store/schema/commands.ts';
import { agentTarget } from '../../patch-manager/runs/agent-target.ts';
import type { LedInvocation, Orchestration } from '../../run-command/orchestration.ts';
import { keepItems } from '../put.ts';
import { readFileFilters } from './files.ts';
import { itemsOf } from './items.ts';

const TIMEOUT_MS = 300_000;
const PART_OF: Readonly<Record<string, Part>> = {
  applications: 'applications',
  awsComponents: 'applications',
  networkConfig: 'network',
  instanceDetailedInformation: 'details',
  customInventory: 'custom',
};
const WINDOWS_ONLY: Readonly<Record<string, string>> = {
  windowsUpdates: 'AWS:WindowsUpdate',
  windowsRoles: 'AWS:WindowsRole',
  services: 'AWS:Service',
  windowsRegistry: 'AWS:WindowsRegistry',
};

/**
 * `aws:softwareInventory` of a command, led by the server: the agents' own plug-in works in associations alone. What
 * the node tells is kept as PutInventory keeps it, all of it or nothing; what only Windows has is told to be left out.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-softwareinventory
 */
export function inventoryOrchestration(): Orchestration {
  return async (invocation) => {
    const startedAt = invocation.now();
    const { name, inputs } = stepOf(invocation);
    const told = await gather(invocation, inputs).catch((error: unknown) => {
      if (invocation.signal.aborted || !(error instanceof KintsugiError)) throw error;
      return { out: '', error: `${error.message}\n${error.advice}\n` };
    });
    const status = told.error === '' ? 'Success' : 'Failed';
    const plugin: PluginResult = {
      name,
      status,
      code: status === 'Success' ? 0 : 1,
      output: `${told.out}${told.error === '' ? '' : `\n----------ERROR-------\n${told.error}`}`,
      standardOutput: told.out,
      standardError: told.error,
      startedAt: startedAt.toISOString(),
      endedAt: invocation.now().toISOString(),
    };
    return { status, plugins: [plugin] };
  };
}

async function gather(invocation: LedInvocation, inputs: ReadonlyMap<string, string>) {
  const { db, account, instanceId, send, now } = invocation;
  const isOn = (key: string) => inputs.get(key)?.toLowerCase() === 'enabled';
  const files = readFileFilters(inputs.get('files') ?? '');
  if (typeof files === 'string') return { out: '', error: `${files}: nothing was gathered.\n` };
  const parts = [...new Set(Object.entries(PART_OF).flatMap(([key, part]) => (isOn(key) ? [part] : [])))];
  const nonce = randomBytes(16).toString('hex');
  const target = agentTarget(instanceId, { send });
  const { stdout } = await target.read(composeGather({ nonce, parts, files }), { timeoutMs: TIMEOUT_MS });
  const wanted = { parts, components: isOn('awsComponents'), files };
  const { items, faults, notes } = itemsOf(readGathered(stdout, nonce), wanted, now());
  const kept = items.map((item) => ({ ...item, ContentHash: hashOf(item.Content) }));
  await keepItems({ db, account, now: now() }, instanceId, kept);
  const lines = kept.map(({ TypeName, Content = [] }) => `${TypeName}: ${Content.length}`);
  const absent = Object.entries(WINDOWS_ONLY).flatMap(([key, type]) => {
    const isAsked = key === 'windowsRegistry' ? (inputs.get(key) ?? '') !== '' : isOn(key);
    return isAsked ? [`${type}: not gathered, only Windows has it.`] : [];
  });
  const out = [...lines, ...notes, ...absent].map((line) => `${line}\n`).join('');
  return { out, error: faults.map((fault) => `${fault}\n`).join('') };
}

/** The only step of the document with its inputs as texts, the values of the command in them. */
function stepOf({ document, parameters }: LedInvocation): { name: string; inputs: ReadonlyMap<string, string> } {
  const values = new Map<string, Json>();
  for (const [key, definition] of Object.entries((document.parameters ?? {}) as Record<string, Json>)) {
    const given = parameters[key]?.[0] ?? (isObject(definition) ? definition.default : undefined);
    values.set(key, given ?? '');
  }
  const [step] = document.mainSteps as { name: string; inputs?: Record<string, Json> }[];
  const inputs = Object.entries(step?.inputs ?? {}).map(([key, value]) => {
    const found = substitute(value, values);
    return [key, typeof found === 'string' ? found : JSON.stringify(found)] as const;
  });
  return { name: step?.name ?? '', inputs: new Map(inputs) };
}

function hashOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
