import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { must } from '../command.ts';
import { LAB_PACKAGES, type LabPackage } from './packages.data.ts';

/** Where the archive lies inside a root. */
export const ARCHIVE = '/srv/kintsugi-lab';

/** The suites of the archive, each with the Release fields by which apt and pinning know it. */
const SUITES = {
  bookworm: { label: 'Kintsugi-Lab', suite: 'oldstable' },
  'bookworm-updates': { label: 'Kintsugi-Lab', suite: 'oldstable-updates' },
  'bookworm-security': { label: 'Kintsugi-Lab-Security', suite: 'oldstable-security' },
} as const satisfies Record<LabPackage['suite'], { label: string; suite: string }>;

/** The path inside a root of the package file, for `dpkg --install`. */
export function debOf(name: string, version: string): string {
  return `${ARCHIVE}/pool/${name}_${version.replace(/^\d+:/, '')}_all.deb`;
}

/** Builds all packages of the lab and their suites in a root, and makes them a source of its apt. */
export async function buildArchive(root: string): Promise<void> {
  await mkdir(join(root, ARCHIVE, 'pool'), { recursive: true });
  const architecture = (await must(['chroot', root, 'dpkg', '--print-architecture'])).trim();
  const stanzas = new Map<LabPackage, string>();
  for (const one of LAB_PACKAGES) stanzas.set(one, await buildPackage(root, one));
  for (const suite of Object.keys(SUITES) as LabPackage['suite'][]) {
    const offered = LAB_PACKAGES.filter((one) => one.suite === suite);
    await writeSuite(root, suite, architecture, offered.map((one) => stanzas.get(one)).join('\n'));
  }
  const uri = `Types: deb\nURIs: file:${ARCHIVE}\n`;
  const source = `${uri}Suites: ${Object.keys(SUITES).join(' ')}\nComponents: main\nTrusted: yes\n`;
  const sources = 'etc/apt/sources.list.d/kintsugi-lab.sources';
  await writeFile(join(root, sources), source);
  // Whatever our umask: the user _apt inside has to read it.
  await must(['chmod', '-R', 'u=rwX,go=rX', join(root, ARCHIVE), join(root, sources)]);
}

/** Builds one package file and answers its stanza of the Packages index. */
async function buildPackage(root: string, one: LabPackage): Promise<string> {
  const tree = join(root, ARCHIVE, 'tree');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true, mode: 0o755 });
  const files = Object.entries({ [`/usr/share/kintsugi-lab/${one.name}`]: `${one.version}\n`, ...one.files });
  for (const [path, content] of files) {
    await mkdir(join(tree, dirname(path)), { recursive: true });
    await writeFile(join(tree, path), typeof content === 'string' ? content : Buffer.alloc(content.zeros));
  }
  const conffiles = files.map(([path]) => path).filter((path) => path.startsWith('/etc/'));
  const control = controlOf(one);
  await writeFile(join(tree, 'DEBIAN/control'), control);
  if (conffiles.length > 0) await writeFile(join(tree, 'DEBIAN/conffiles'), `${conffiles.join('\n')}\n`);
  if (one.postinst !== undefined) {
    const script = `#!/bin/sh\nset -e\n[ "$1" = configure ] || exit 0\n${one.postinst}\n`;
    await writeFile(join(tree, 'DEBIAN/postinst'), script, { mode: 0o755 });
  }
  await must(['chmod', '-R', 'u=rwX,go=rX', tree]);
  const deb = debOf(one.name, one.version);
  await must(['dpkg-deb', '--build', '--root-owner-group', '-Zgzip', tree, join(root, deb)]);
  await rm(tree, { recursive: true });
  const bytes = await readFile(join(root, deb));
  const phased = one.phased === undefined ? '' : `Phased-Update-Percentage: ${one.phased}\n`;
  const file = `Filename: pool/${deb.split('/').at(-1)}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`;
  return `${control}${phased}${file}`;
}

function controlOf(one: LabPackage): string {
  const fields = {
    Package: one.name,
    Version: one.version,
    Architecture: 'all',
    Maintainer: 'The Kintsugi lab <lab@kintsugi.invalid>',
    Section: 'misc',
    Priority: 'optional',
    Depends: one.depends,
    Conflicts: one.conflicts,
    Description: 'package of the Kintsugi lab',
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `${name}: ${value}\n`).join('');
}

async function writeSuite(root: string, codename: LabPackage['suite'], architecture: string, index: string) {
  const folder = join(root, ARCHIVE, 'dists', codename);
  const path = `main/binary-${architecture}/Packages`;
  await mkdir(join(folder, dirname(path)), { recursive: true });
  await writeFile(join(folder, path), index);
  const { label, suite } = SUITES[codename];
  const release = [
    'Origin: Kintsugi-Lab',
    `Label: ${label}`,
    `Suite: ${suite}`,
    `Codename: ${codename}`,
    `Date: ${new Date().toUTCString()}`,
    `Architectures: ${architecture}`,
    'Components: main',
    'SHA256:',
    ` ${sha256(index)} ${Buffer.byteLength(index)} ${path}`,
  ];
  await writeFile(join(folder, 'Release'), `${release.join('\n')}\n`);
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
