import { after, before } from 'node:test';
import { type AwsFront, startAwsFront } from './aws-front.ts';
import { type Ec2Account, ec2Account } from './ec2-account.ts';
import { hasMoto, type Moto, startMoto } from './moto.ts';
import { REGION } from './play-with-aws.ts';

export const SKIP_WITHOUT_MOTO = hasMoto() ? false : 'moto_server is not on this machine';

/** AWS as the tests of one file see it. */
export interface EmulatedAws {
  readonly front: AwsFront;
  readonly account: Ec2Account;
  accountIn(region: string): Ec2Account;
}

/**
 * Starts an emulator for the tests of a file and ends it after them. `prepare` is called once it runs; call the answer
 * inside of tests only.
 */
export function emulatedAws(prepare: (aws: EmulatedAws) => Promise<void> = async () => {}): () => EmulatedAws {
  let moto: Moto | null = null;
  let front: AwsFront | null = null;
  before(async () => {
    if (SKIP_WITHOUT_MOTO) return;
    moto = await startMoto();
    front = await startAwsFront(moto.url);
    await prepare(aws());
  });
  after(async () => {
    await front?.end();
    await moto?.end();
  });
  const aws = () => {
    if (front === null) throw new Error('the emulator does not run');
    const { url } = front;
    const accountIn = (region: string) => ec2Account(url, region);
    return { front, accountIn, account: accountIn(REGION) };
  };
  return aws;
}

/** What AWS's clients read of the environment of a server that runs in this process. */
const SETTINGS = [
  'AWS_ENDPOINT_URL_EC2',
  'AWS_ENDPOINT_URL_AUTO_SCALING',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
];

/** The clients of this process take the emulator for EC2 and Auto Scaling. */
export function clientsAsk({ url }: AwsFront): void {
  for (const name of SETTINGS) process.env[name] = /URL/.test(name) ? url : 'emulated';
}
