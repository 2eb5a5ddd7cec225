import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { basePackages } from '../src/images/disk/base.ts';
import { CONTAINED } from '../src/images/disk/contained.ts';
import { machineMirror } from '../src/platforms/apt/mirror.ts';
import type { BenchRow } from './row.ts';

const KINTSUGI = new URL('../bin/kintsugi', import.meta.url).pathname;
/** Of each of the four: what takes longer is ended, and told as not measured. */
const LIMIT_MS = 1_800_000;

/**
 * A whole bake, with packing, gate, boot in a container and evidence, beside a plain mmdebstrap of the same packages
 * and a chroot upgrade, which ends with a folder; and a bake whose base is there already. Once each: they take minutes.
 */
export async function benchBake(): Promise<BenchRow[]> {
  const mirror = machineMirror();
  if (process.getuid?.() !== 0 || mirror === undefined || !existsSync('/usr/bin/mmdebstrap')) {
    process.stderr.write('bench: a bake needs root, mmdebstrap and a Debian mirror\n');
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-bench-'));
  try {
    const env = { KINTSUGI_HOME: join(folder, 'home') };
    const bake = (what: string, ...args: string[]) =>
      run(what, [KINTSUGI, 'image', 'bake', '--family', 'bench', ...args], env);
    const whole = bake('a bake from nothing');
    const again = bake('a bake over its base', '--force');
    const skipped = bake('a bake that is skipped');
    const root = join(folder, 'root');
    const trust = `[signed-by=${mirror.keyring}]`;
    const script = `mmdebstrap --quiet --mode=root --variant=minbase --components=main --include="$1" \\
      --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --aptopt='APT::Install-Recommends "false"' bookworm "$2" "$3" &&
      echo "$4" >>"$2/etc/apt/sources.list" && chroot "$2" apt-get update && chroot "$2" apt-get -y upgrade`;
    // In namespaces of its own: ended in the middle, it leaves nothing mounted under what is removed below.
    const plain = run(
      'mmdebstrap and a chroot upgrade',
      [
        ...[...CONTAINED, 'sh', '-c', script, 'sh', basePackages([]).join(','), root],
        ...[`deb ${trust} ${mirror.main} bookworm main`, `deb ${trust} ${mirror.security} bookworm-security main`],
      ],
      { DEBIAN_FRONTEND: 'noninteractive' },
    );
    const row = (job: string, ours: number | null): BenchRow => ({
      job,
      ours: show(ours),
      theirs: show(plain),
      versus: 'mmdebstrap and a chroot upgrade, to a folder',
      ratio: ours === null || plain === null ? null : plain / ours,
      note: 'once',
    });
    return [
      row('bake a golden image, from nothing to a tested, signed disk', whole),
      row('the same with its base there already', again),
      row('find that a bake would change nothing', skipped),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds; null where the command failed, whose last words are told then. */
function run(what: string, command: readonly string[], environment: NodeJS.ProcessEnv): number | null {
  const [file = '', ...args] = command;
  process.stderr.write(`  ${what}\n`);
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: LIMIT_MS,
    // A bake ends what it runs with itself, and so do the namespaces of the other one.
    killSignal: 'SIGKILL',
    env: { ...process.env, ...environment },
  });
  if (status === 0) return performance.now() - start;
  const words = `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n    ');
  process.stderr.write(`  ${what} was not measured (${status ?? 'ended at its limit'}):\n    ${words}\n`);
  return null;
}

function show(milliseconds: number | null): string {
  return milliseconds === null ? '–' : `${(milliseconds / 1000).toFixed(1)} s`;
}
