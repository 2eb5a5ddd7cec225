import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedPort } from '../lab/port.ts';

/** An emulator of AWS on loopback: https://docs.getmoto.org */
export interface Moto {
  readonly url: string;
  /** Forgets all that was made. */
  reset(): Promise<void>;
  end(): Promise<void>;
}

/** The image that there is in the beginning. */
export const BASE_IMAGE = 'ami-0000000000000ba5e';
const START_MS = 120_000;

export function hasMoto(): boolean {
  return spawnSync('moto_server', ['--help'], { stdio: 'ignore' }).status === 0;
}

export async function startMoto(): Promise<Moto> {
  const home = mkdtempSync(join(tmpdir(), 'kt-moto-'));
  const images = join(home, 'images.json');
  writeFileSync(images, JSON.stringify([image()]));
  const port = await closedPort();
  const env = { ...process.env, MOTO_AMIS_PATH: images, MOTO_EC2_LOAD_DEFAULT_AMIS: 'true' };
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', env });
  const url = `http://127.0.0.1:${port}`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
  const last = Date.now() + START_MS;
  while (!(await isUp(url))) {
    if (Date.now() > last || child.exitCode !== null) {
      await end();
      throw new Error('moto_server does not start');
    }
    await sleep(100);
  }
  const reset = async () => {
    const { ok } = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
    if (!ok) throw new Error('moto_server does not reset');
  };
  return { url, reset, end };
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
}

function image(): Readonly<Record<string, string | boolean>> {
  return {
    ami_id: BASE_IMAGE,
    state: 'available',
    public: true,
    owner_id: '136693071363',
    image_location: 'amazon/debian-13',
    architecture: 'x86_64',
    description: 'Debian 13',
    image_type: 'machine',
    name: 'debian-13-amd64',
    platform: 'Linux/UNIX',
    root_device_name: '/dev/xvda',
    root_device_type: 'ebs',
    sriov: 'simple',
    virtualization_type: 'hvm',
    hypervisor: 'xen',
  };
}
