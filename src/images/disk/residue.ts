import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that must not be in an image. What it says is never repeated, only where it is. */
export interface Residue {
  /** Inside the image. */
  readonly path: string;
  readonly what: string;
}

/** Folders that people, hooks and daemons write to; what packages bring lies elsewhere, or is public. */
const SEARCHED = ['etc', 'root', 'home', 'srv', 'opt', 'usr/local', 'var', 'boot/loader', 'run', 'tmp'];
const MOST_BYTES = 1_048_576;

const NAMES: ReadonlyArray<readonly [pattern: RegExp, what: string]> = [
  [/^\/etc\/ssh\/ssh_host_/, "a machine's SSH host key"],
  [/^\/(?:root|home\/[^/]+)\/\.(?:bash|sh|zsh|python|mysql|psql)_history$/, 'a history of commands'],
  [/\/\.ssh\/id_[a-z0-9_]+$/, 'a private SSH key'],
  [/\/\.(?:netrc|git-credentials|pgpass)$/, 'a file of passwords'],
  [/\/\.aws\/credentials$|\/\.docker\/config\.json$|\/\.kube\/config$/, 'a file of credentials'],
  [/^\/etc\/apt\/auth\.conf(?:$|\.d\/.)/, 'passwords of an archive'],
  [/^\/var\/lib\/(?:systemd|urandom)\/(?:random-seed|credential\.secret)$/, 'a seed or secret of one machine'],
  [/^\/var\/lib\/apt\/lists\/.|^\/var\/cache\/apt\/./, "apt's lists or caches"],
  [/^\/var\/log\/.*[^/]$/, 'a log'],
  [/^\/(?:run|tmp)\/./, 'a temporary file'],
  [/^\/usr\/sbin\/policy-rc\.d$/, 'a policy of the build that keeps services from starting'],
];

const CONTENTS: ReadonlyArray<readonly [pattern: RegExp, what: string]> = [
  [/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}/, 'a private key'],
  [/\b(?:AKIA|ASIA)(?![A-Z0-9]*EXAMPLE)[A-Z2-7]{16}\b/, 'an AWS access key'],
  [/\bgh[pousr]_[A-Za-z0-9]{36}\b|\bglpat-[\w-]{20}\b|\bxox[abp]-\d{8,}-[\w-]{10,}/, 'a token'],
  [/^\s*(?:deb|URIs?:).*:\/\/[^\s/@:]+:[^\s/@]+@/m, 'a password in the sources of apt'],
  [/Acquire::[^"\n]*"[^"\n]*:\/\/[^"\s/@:]+:[^"\s/@]+@/, 'a password of a proxy'],
];

/** Looks through a sealed root from outside, following no link. */
export async function findResidue(root: string): Promise<Residue[]> {
  const found: Residue[] = [];
  for (const folder of SEARCHED) await walk(root, folder, found);
  const identity = (await read(join(root, 'etc/machine-id'))) ?? '';
  if (identity.trim() !== '' && identity.trim() !== 'uninitialized')
    found.push({ path: '/etc/machine-id', what: 'the identity of one machine' });
  const shadow = (await read(join(root, 'etc/shadow'))) ?? '';
  for (const line of shadow.split('\n')) {
    const [user = '', password] = line.split(':');
    if (user !== '' && password === '')
      found.push({ path: '/etc/shadow', what: `${user.slice(0, 32)} may log in without a password` });
  }
  return found;
}

async function walk(root: string, folder: string, found: Residue[]): Promise<void> {
  const at = join(root, folder);
  if (!(await lstat(at).catch(() => null))?.isDirectory()) return;
  for (const entry of (await readdir(at, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      await walk(root, inner, found);
      continue;
    }
    const path = `/${inner}`;
    const name = NAMES.find(([pattern]) => pattern.test(path));
    if (name !== undefined) found.push({ path, what: name[1] });
    else if (entry.isFile()) {
      const text = await read(join(root, inner));
      const content = text === null ? undefined : CONTENTS.find(([pattern]) => pattern.test(text));
      if (content !== undefined) found.push({ path, what: content[1] });
    }
  }
}

/** The beginning of a file as it is, or null for what is none, a link too. */
async function read(path: string): Promise<string | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    if (size === 0) return '';
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(Math.min(size, MOST_BYTES)),
      0,
      Math.min(size, MOST_BYTES),
      0,
    );
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
