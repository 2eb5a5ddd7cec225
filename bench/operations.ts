import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type Caller, callerOf, rate } from './caller.ts';
import type { BenchRow } from './row.ts';
import { startKintsugi, startMoto } from './servers.ts';

type Call = readonly [operation: string, input: object];
/** The calls of a mix; `at` is different for each round. */
type Mix = (at: number) => readonly Call[];

/** What every server holds before it is measured. */
interface Stock {
  readonly baseline: string;
  readonly node: string;
}

const CALLS = { kintsugi: 3000, moto: 500 };
const ROUNDS = 3;

/** Operations a second of a whole server with a PostgreSQL that syncs to disk, beside moto, which keeps all in memory. */
export async function benchOperations(): Promise<BenchRow[]> {
  const kintsugi = await startKintsugi();
  const moto = await startMoto();
  const ours = callerOf(kintsugi);
  const theirs = moto === null ? null : callerOf(moto);
  try {
    const stocks = { ours: await stock(ours), theirs: theirs === null ? null : await stock(theirs) };
    const rows: BenchRow[] = [];
    for (const [name, mixOf] of [['read', reads] as const, ['write', writes] as const]) {
      // What one of the two does not serve is left out for both.
      const names = await served(mixOf(stocks.ours), ours);
      if (theirs !== null && stocks.theirs !== null) {
        const known = await served(mixOf(stocks.theirs), theirs);
        for (const one of names) if (!known.has(one)) names.delete(one);
      }
      const only =
        (mix: Mix): Mix =>
        (at) =>
          mix(at).filter(([operation]) => names.has(operation));
      for (const concurrency of [1, 16]) {
        const best = { ours: 0, theirs: 0 };
        // Taken in turns: whatever else the machine does meets both.
        for (let round = 0; round < ROUNDS; round += 1) {
          best.ours = Math.max(best.ours, await measure(ours, only(mixOf(stocks.ours)), CALLS.kintsugi, concurrency));
          if (theirs === null || stocks.theirs === null) continue;
          best.theirs = Math.max(
            best.theirs,
            await measure(theirs, only(mixOf(stocks.theirs)), CALLS.moto, concurrency),
          );
        }
        rows.push({
          job: `a ${name} mix of operations, ${concurrency} at a time`,
          ours: show(best.ours),
          theirs: theirs === null ? '–' : show(best.theirs),
          versus: theirs === null ? 'moto_server is not on this machine' : 'moto_server',
          ratio: theirs === null ? null : best.ours / best.theirs,
          note: [...names].join(', '),
        });
      }
    }
    return rows;
  } finally {
    ours.close();
    theirs?.close();
    await Promise.all([kintsugi.stop(), moto?.stop()]);
  }
}

async function served(mix: Mix, caller: Caller): Promise<Set<string>> {
  const names = new Set<string>();
  for (let at = 1; at <= 10; at += 1) {
    for (const [operation, input] of mix(at)) {
      if (!names.has(operation) && (await caller.call(operation, input)).status === 200) names.add(operation);
    }
  }
  return names;
}

let rounds = 0;

function measure(caller: Caller, mix: Mix, size: number, concurrency: number): Promise<number> {
  const calls = [];
  while (calls.length < size) {
    rounds += 1;
    for (const [operation, input] of mix(rounds)) calls.push(caller.ready(operation, input));
  }
  return rate(caller, calls, concurrency);
}

const RULES = {
  PatchRules: [
    {
      PatchFilterGroup: { PatchFilters: [{ Key: 'CLASSIFICATION', Values: ['SecurityUpdates'] }] },
      ApproveAfterDays: 7,
    },
  ],
};

async function stock(caller: Caller): Promise<Stock> {
  const call = async (operation: string, input: object) => {
    const { status, json } = await caller.call(operation, input);
    if (status !== 200) throw new Error(`${operation}: ${JSON.stringify(json)}`);
    return json;
  };
  for (let at = 0; at < 50; at += 1)
    await call('PutParameter', { Name: `/bench/${at}`, Value: `value ${at}`, Type: 'String', Overwrite: true });
  const made = [];
  for (let at = 0; at < 10; at += 1)
    made.push(await call('CreatePatchBaseline', { Name: `bench-${at}`, ApprovalRules: RULES }));
  const node = await registered(caller);
  await call('SendCommand', commandTo(node));
  return { baseline: made[0].BaselineId, node };
}

/** A node of Kintsugi's registers first; moto takes any id. */
async function registered(caller: Caller): Promise<string> {
  const activation = await caller.call('CreateActivation', { IamRole: 'bench' });
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const PublicKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const machine = { Fingerprint: randomUUID(), PublicKey, PublicKeyType: 'Rsa' };
  const node = await caller.call('RegisterManagedInstance', { ...activation.json, ...machine });
  return node.status === 200 ? node.json.InstanceId : 'mi-0123456789abcdef0';
}

function commandTo(node: string): object {
  return { DocumentName: 'AWS-RunShellScript', InstanceIds: [node], Parameters: { commands: ['true'] } };
}

function reads({ baseline }: Stock): Mix {
  return (at) => [
    ['GetParameter', { Name: `/bench/${at % 50}` }],
    ['GetParametersByPath', { Path: '/bench', MaxResults: 10 }],
    ['GetPatchBaseline', { BaselineId: baseline }],
    ['DescribePatchBaselines', { Filters: [{ Key: 'OWNER', Values: ['Self'] }], MaxResults: 10 }],
    ['GetPatchBaselineForPatchGroup', { PatchGroup: 'bench', OperatingSystem: 'WINDOWS' }],
    ['ListTagsForResource', { ResourceType: 'Parameter', ResourceId: `/bench/${at % 50}` }],
  ];
}

function writes({ node }: Stock): Mix {
  return (at) => [
    ['PutParameter', { Name: `/bench/${at % 50}`, Value: `value ${at}`, Type: 'String', Overwrite: true }],
    ['PutParameter', { Name: `/new/${at}`, Value: 'v', Type: 'String' }],
    // Some rounds later: a standard account holds 10,000 parameters.
    ['DeleteParameters', { Names: [`/new/${at - 40}`] }],
    ['AddTagsToResource', tagged(at)],
    // As often as people do it: commands and baselines are for tens of nodes, parameters for every deployment.
    ...(at % 10 === 0 ? [['SendCommand', commandTo(node)] as const] : []),
    ...(at % 10 === 5 ? [['CreatePatchBaseline', { Name: `new-${at}`, ApprovalRules: RULES }] as const] : []),
  ];
}

function tagged(at: number): object {
  return { ResourceType: 'Parameter', ResourceId: `/bench/${at % 50}`, Tags: [{ Key: 'Stage', Value: String(at) }] };
}

function show(rate: number): string {
  return `${Math.round(rate)}/s`;
}
