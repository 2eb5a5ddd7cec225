import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';

/** What a node says of itself in heartbeats, replies, inventories and to scripts. */
export interface Facts {
  readonly computerName: string;
  /** The first address that leads outside; empty where there is none. */
  readonly ipAddress: string;
  /** Such as `Debian GNU/Linux`. */
  readonly platformName: string;
  /** Such as `12`. */
  readonly platformVersion: string;
  /** Changes with every start of the kernel. */
  readonly bootId: string;
}

export async function gatherFacts(): Promise<Facts> {
  const release = await readFirst(['/etc/os-release', '/usr/lib/os-release']);
  return {
    computerName: hostname().slice(0, 255),
    ipAddress: outsideAddress(),
    platformName: osReleaseField(release, 'NAME') ?? 'Linux',
    platformVersion: osReleaseField(release, 'VERSION_ID') ?? '',
    bootId: (await readFirst(['/proc/sys/kernel/random/boot_id'])).trim(),
  };
}

/** A field of an os-release file. https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
export function osReleaseField(text: string, name: string): string | null {
  const line = text.split('\n').find((one) => one.startsWith(`${name}=`));
  if (line === undefined) return null;
  const value = line.slice(name.length + 1).trim();
  const quoted = /^(["'])(.*)\1$/.exec(value)?.[2];
  return (quoted ?? value).replace(/\\(["'$`\\])/g, '$1').slice(0, 100);
}

function outsideAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = all.filter(({ internal, scopeid }) => !internal && !scopeid);
  return (outside.find(({ family }) => family === 'IPv4') ?? outside[0])?.address ?? '';
}

async function readFirst(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  return '';
}
