import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { type Outcome, run } from '../lab/command.ts';
import { labHome, ownedName, sweep } from '../lab/residue.ts';
import type { BakeOutcome } from '../src/control/images/bake.ts';
import { BIN } from './kintsugi.ts';

const BASELINE = `
Name: at-once
OperatingSystem: DEBIAN
ApprovalRules:
  PatchRules:
    - PatchFilterGroup: { PatchFilters: [{ Key: PRODUCT, Values: ["*"] }] }
      ApproveAfterDays: 0
`;
/** Approves few of the updates: none after which an initrd is made anew, which is the longest part of a bake. */
const FEW = `
Name: few
OperatingSystem: DEBIAN
ApprovalRules:
  PatchRules:
    - PatchFilterGroup: { PatchFilters: [{ Key: SECTION, Values: [libs, utils, localization] }] }
      ApproveAfterDays: 0
      EnableNonSecurity: true
`;
const BAKE_TIMEOUT_MS = 840_000;
const FORGOTTEN_MS = 14 * 24 * 3_600_000;

/** `OLD` leaves the security archive out: what it has mended is pending for a bake that meets it. */
export const OLD = ['--security-mirror', 'none'];

/** A data directory of a test file's own. Its bases are the lab's: making one is the longest part of a bake. */
export interface BakeHome {
  readonly file: (name: string) => string;
  /** `image bake` as every test wants it: with SSH, by a baseline that approves at once. */
  readonly bakeArgv: (family: string, args: readonly string[]) => string[];
  /** Runs any command with the data directory. */
  readonly run: (argv: readonly string[]) => Promise<Outcome>;
  /** `before`: what stands in front of the command, such as another locale. */
  readonly mustBake: (family: string, args: readonly string[], before?: readonly string[]) => Promise<BakeOutcome>;
  /** A bake that has to end so, and to leave nothing. */
  readonly failedBake: (
    family: string,
    args: readonly string[],
    exit: number,
  ) => Promise<{ code: string; message: string }>;
  /** `image … --json` of the readers. */
  readonly answer: <T>(args: readonly string[]) => Promise<T>;
  readonly checkNothingLeft: (family: string) => void;
  /** That a boot test which worked in `folder` left no file, mount or process there. */
  readonly checkEmpty: (folder: string) => void;
}

/** Made before the file's tests and removed after them; where they are killed, the lab's next sweep removes it. */
export function bakeHome(): BakeHome {
  const home = join(labHome(), 'run', ownedName());
  const images = join(home, 'images');
  const file = (name: string) => join(home, name);
  before(async () => {
    if (process.getuid?.() !== 0) return;
    await sweep();
    const bases = join(labHome(), 'image-bases');
    await mkdir(bases, { recursive: true, mode: 0o700 });
    await forget(bases);
    await mkdir(images, { recursive: true, mode: 0o700 });
    await symlink(bases, join(images, '.bases'));
    await writeFile(file('baseline.yaml'), BASELINE);
    await writeFile(file('few.yaml'), FEW);
    await writeFile(file('check.yaml'), 'Units: [ssh.service]\nPorts: [22]\nCommands: [{ Run: "sshd -t" }]\n');
  });
  after(() => rm(home, { recursive: true, force: true }));

  const bakeArgv = (family: string, args: readonly string[]) => [
    ...[BIN, 'image', 'bake', '--family', family, '--json'],
    ...(args.includes('--baseline') ? [] : ['--baseline', file('baseline.yaml')]),
    ...(args.includes('--base') ? args : ['--include', 'openssh-server', ...args]),
  ];
  const runIt = (argv: readonly string[]) => run(argv, { timeout: BAKE_TIMEOUT_MS, env: { KINTSUGI_HOME: home } });
  const checkNobodyIn = (folder: string) => {
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(realpathSync(images)), 'a mount is left');
    const inside = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`${folder}/`));
    assert.deepEqual(inside, [], 'a process is left');
  };
  const checkNothingLeft = (family: string) => {
    assert.ok(!existsSync(join(images, '.work', family)), 'the work folder is left');
    checkNobodyIn(join(images, '.work', family));
  };
  const checkEmpty = (folder: string) => {
    assert.deepEqual(readdirSync(folder), [], 'files are left');
    checkNobodyIn(folder);
  };
  return {
    file,
    bakeArgv,
    run: runIt,
    checkNothingLeft,
    checkEmpty,
    mustBake: async (family, args, before = []) => {
      const { status, stdout, stderr } = await runIt([...before, ...bakeArgv(family, args)]);
      assert.equal(status, 0, stdout + stderr);
      checkNothingLeft(family);
      return JSON.parse(stdout) as BakeOutcome;
    },
    failedBake: async (family, args, exit) => {
      const { status, stdout, stderr } = await runIt(bakeArgv(family, args));
      assert.equal(status, exit, stdout + stderr);
      assert.ok(!existsSync(join(images, family)) || readdirSync(join(images, family)).length === 0, 'it was stored');
      checkNothingLeft(family);
      return (JSON.parse(stdout) as { error: { code: string; message: string } }).error;
    },
    answer: async (args) => {
      const { status, stdout, stderr } = await runIt([BIN, 'image', ...args, '--json']);
      assert.equal(status, 0, stdout + stderr);
      return JSON.parse(stdout);
    },
  };
}

/** A base is of one state of the archive: after two weeks it is likely that nobody can use it any more. */
async function forget(bases: string): Promise<void> {
  for (const name of await readdir(bases)) {
    const { mtimeMs } = await stat(join(bases, name));
    if (Date.now() - mtimeMs > FORGOTTEN_MS) await rm(join(bases, name), { recursive: true, force: true });
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
