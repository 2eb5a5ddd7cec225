import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InstanceRefreshes, ScalingFault } from './instance-refresh.ts';
import { type Answer, elements, type Query, query, texts } from './query-call.ts';
import { SystemsManagerFront } from './systems-manager-front.ts';

/**
 * What an injected fault does to a call: the service refuses it, it is done but an error is answered, or it is done
 * and the connection breaks before the answer.
 */
export type Fault = 'refused' | 'done, then an error' | 'done, answer lost';

/** AWS for tests: an emulator, and before it what the emulator lacks. */
export interface AwsFront {
  readonly url: string;
  readonly refreshes: InstanceRefreshes;
  readonly ssm: SystemsManagerFront;
  /** Every call that arrived: `ec2:RunInstances`. */
  readonly calls: string[];
  /** The `nth` call of an action from now on (1 is the next), and the `times` - 1 calls after it. */
  inject(call: string, fault: Fault, nth?: number, times?: number): void;
  end(): Promise<void>;
}

interface Arrived {
  readonly service: string;
  readonly region: string;
  readonly action: string;
  readonly members: Query;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export async function startAwsFront(emulator: string): Promise<AwsFront> {
  const refreshes = new InstanceRefreshes(emulator);
  const ssm = new SystemsManagerFront();
  const calls: string[] = [];
  const plans: { call: string; fault: Fault; skip: number; times: number }[] = [];
  const tokens = new Map<string, Answer>();
  const names = new Set<string>();

  const planned = (call: string): Fault | null => {
    const plan = plans.find((one) => one.call === call && one.times > 0);
    if (plan === undefined) return null;
    if (plan.skip > 0) {
      plan.skip -= 1;
      return null;
    }
    plan.times -= 1;
    return plan.fault;
  };

  const answer = async (call: Arrived): Promise<Answer> => {
    const own = await ownAnswer(call, refreshes, ssm);
    if (own !== null) return own;
    // What AWS tells by a client token or a name the emulator does twice.
    const token = call.members.ClientToken ?? '';
    const key = `${call.region} ${call.action} ${token}`;
    const known = token === '' ? undefined : tokens.get(key);
    if (known !== undefined) return known;
    const name = `${call.region} ${call.members.Name}`;
    if (call.action === 'CreateImage' && names.has(name))
      return ec2Fault('InvalidAMIName.Duplicate', 'AMI name in use');
    const given = await passOn(emulator, call);
    if (given.status !== 200) return given;
    if (token !== '') tokens.set(key, given);
    if (call.action === 'CreateImage') names.add(name);
    if (call.action === 'CreateImage' || call.action === 'CopyImage') await tagImage(emulator, call, given.body);
    if (call.action !== 'DescribeAutoScalingGroups') return given;
    return { ...given, body: await refreshes.told(call.region, given.body) };
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const call = await arrived(request);
    const name = `${call.service}:${call.action}`;
    calls.push(name);
    const fault = planned(name);
    const given = fault === 'refused' ? null : await answer(call);
    if (fault === 'done, answer lost') {
      request.socket.destroy();
      return;
    }
    const { status, type, body } = fault === null && given !== null ? given : refusal(call.service);
    response.writeHead(status, { 'content-type': type }).end(body);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refreshes,
    ssm,
    calls,
    inject: (call, fault, nth = 1, times = 1) => plans.push({ call, fault, skip: nth - 1, times }),
    end: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function arrived(request: IncomingMessage): Promise<Arrived> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const { authorization = '', 'x-amz-target': target, 'content-type': type = '' } = request.headers;
  const [, region = '', service = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(authorization) ?? [];
  const headers = {
    'content-type': type,
    authorization,
    ...(typeof target === 'string' ? { 'x-amz-target': target } : {}),
  };
  const members: Query = typeof target === 'string' ? {} : Object.fromEntries(new URLSearchParams(body));
  const action = typeof target === 'string' ? (target.split('.')[1] ?? '') : (members.Action ?? '');
  return { service, region, action, members, body, headers };
}

async function ownAnswer(
  { service, action, region, members, body }: Arrived,
  refreshes: InstanceRefreshes,
  ssm: SystemsManagerFront,
): Promise<Answer | null> {
  if (service === 'ssm') return ssm.answer(action, body);
  if (service !== 'autoscaling') return null;
  try {
    const inner = await scalingAnswer(action, region, members, refreshes);
    if (inner === null) return null;
    const result = `<${action}Result>${inner}</${action}Result>`;
    return { status: 200, type: 'text/xml', body: `<${action}Response>${result}</${action}Response>` };
  } catch (error) {
    if (!(error instanceof ScalingFault)) throw error;
    return scalingFault(error.code, error.message);
  }
}

async function scalingAnswer(
  action: string,
  region: string,
  members: Query,
  refreshes: InstanceRefreshes,
): Promise<string | null> {
  if (action === 'StartInstanceRefresh') return refreshes.start(region, members);
  if (action === 'DescribeInstanceRefreshes') return refreshes.describe(region, members);
  if (action === 'RollbackInstanceRefresh') return refreshes.rollback(members);
  return action === 'CancelInstanceRefresh' ? refreshes.cancel(members) : null;
}

async function passOn(emulator: string, { body, headers, action }: Arrived): Promise<Answer> {
  const sent = action === 'CreateImage' ? withoutSnapshotTags(body) : body;
  const response = await fetch(emulator, { method: 'POST', headers, body: sent });
  const type = response.headers.get('content-type') ?? 'text/xml';
  return { status: response.status, type, body: await response.text() };
}

/** The emulator cannot tag snapshots when it makes an image. */
function withoutSnapshotTags(body: string): string {
  const members = [...new URLSearchParams(body)];
  const snapshots = members
    .filter(([name, value]) => /^TagSpecification\.\d+\.ResourceType$/.test(name) && value === 'snapshot')
    .map(([name]) => name.slice(0, -'ResourceType'.length));
  return new URLSearchParams(
    members.filter(([name]) => !snapshots.some((prefix) => name.startsWith(prefix))),
  ).toString();
}

async function tagImage(emulator: string, { action, region, members }: Arrived, xml: string): Promise<void> {
  const image = texts(xml, 'imageId')[0] ?? '';
  const about = await query(emulator, 'ec2', region, { Action: 'DescribeImages', 'ImageId.1': image });
  const snapshots = elements(about, 'ebs').flatMap((ebs) => texts(ebs, 'snapshotId'));
  for (const [name, kind] of Object.entries(members)) {
    if (!/^TagSpecification\.\d+\.ResourceType$/.test(name)) continue;
    const prefix = name.slice(0, -'ResourceType'.length);
    const tags = Object.entries(members).filter(([key]) => key.startsWith(`${prefix}Tag.`));
    if (tags.length === 0 || (kind === 'image' && action === 'CreateImage')) continue;
    const resources = (kind === 'image' ? [image] : snapshots).map((id, at) => [`ResourceId.${at + 1}`, id]);
    await query(emulator, 'ec2', region, {
      Action: 'CreateTags',
      ...Object.fromEntries(resources),
      ...Object.fromEntries(tags.map(([key, value]) => [key.slice(prefix.length), value])),
    });
  }
}

function refusal(service: string): Answer {
  const message = 'You are not authorized to perform this operation.';
  if (service === 'ec2') return ec2Fault('UnauthorizedOperation', message);
  if (service === 'autoscaling') return scalingFault('AccessDenied', message);
  const body = JSON.stringify({ __type: 'AccessDeniedException', message });
  return { status: 400, type: 'application/x-amz-json-1.1', body };
}

function ec2Fault(code: string, message: string): Answer {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return {
    status: 400,
    type: 'text/xml',
    body: `<Response><Errors>${error}</Errors><RequestID>r</RequestID></Response>`,
  };
}

function scalingFault(code: string, message: string): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status: 400, type: 'text/xml', body: `<ErrorResponse>${error}<RequestId>r</RequestId></ErrorResponse>` };
}
