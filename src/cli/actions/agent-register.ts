import { resolve } from 'node:path';
import { type Registration, register } from '../../agent/registration.ts';
import { stateFolder } from '../../agent/state-folder.ts';
import { KintsugiError } from '../../core/errors.ts';

const ACTIVATION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ACTIVATION_CODE = /^[!-~]{20,250}$/;
const REGION = /^[a-z0-9-]{1,50}$/;
const LONGEST_INPUT = 4096;

export interface RegisterOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly activationId: string;
  readonly activationCode?: string;
  readonly ca?: string;
  readonly allowHttp?: boolean;
  readonly state: string;
  readonly json?: boolean;
}

/** Registers this machine and prints its instance id. */
export async function registerNode(options: RegisterOptions): Promise<void> {
  if (!ACTIVATION_ID.test(options.activationId)) {
    throw new KintsugiError('Usage', `'${options.activationId}' is not the id of an activation`);
  }
  if (!REGION.test(options.region)) throw new KintsugiError('Usage', `'${options.region}' is not a region`);
  const activationCode = await activationCodeOf(options.activationCode);
  const folder = stateFolder(resolve(options.state));
  const registration = await register(
    folder,
    {
      endpoint: options.endpoint,
      region: options.region,
      activationId: options.activationId,
      activationCode,
      ca: options.ca === undefined ? null : resolve(options.ca),
      allowHttp: options.allowHttp === true,
    },
    new Date(),
  );
  const { instanceId, endpoint, region } = registration;
  process.stdout.write(options.json ? `${JSON.stringify({ instanceId, endpoint, region })}\n` : told(registration));
}

function told({ instanceId, endpoint }: Registration): string {
  return `This machine is ${instanceId} at ${endpoint}.\nStart its agent: kintsugi agent run\n`;
}

async function activationCodeOf(option: string | undefined): Promise<string> {
  const code =
    (option === '-' ? await firstLine() : (option ?? process.env.KINTSUGI_ACTIVATION_CODE)) ?? (await firstLine());
  if (!ACTIVATION_CODE.test(code)) {
    throw new KintsugiError('Usage', 'there is no activation code of 20 to 250 characters', {
      advice: 'Put it into KINTSUGI_ACTIVATION_CODE, or on standard input.',
    });
  }
  return code;
}

async function firstLine(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Activation code: ');
  let text = '';
  for await (const piece of process.stdin.setEncoding('utf8')) {
    text += piece;
    if (text.includes('\n') || text.length > LONGEST_INPUT) break;
  }
  return (text.split('\n')[0] ?? '').trim();
}
