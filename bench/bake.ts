import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { basePackages } from '../src/images/disk/base.ts';
import { machineMirror } from '../src/platforms/apt/mirror.ts';
import type { BenchRow } from './row.ts';

const KINTSUGI = new URL('../bin/kintsugi', import.meta.url).pathname;

/**
 * A whole bake, with packing, gate, boot in a container and evidence, beside a plain mmdebstrap of the same packages
 * and a chroot upgrade, which ends with a folder; and a bake whose base is there already. Once each: they take minutes.
 */
export async function benchBake(): Promise<BenchRow[]> {
  const mirror = machineMirror();
  if (process.getuid?.() !== 0 || mirror === undefined || !existsSync('/usr/bin/mmdebstrap')) return [];
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-bench-'));
  try {
    const env = { KINTSUGI_HOME: join(folder, 'home') };
    const bake = (...args: string[]) => run([KINTSUGI, 'image', 'bake', '--family', 'bench', ...args], env);
    const whole = bake();
    const again = bake('--force');
    const skipped = bake();
    const root = join(folder, 'root');
    const trust = `[signed-by=${mirror.keyring}]`;
    const script = `mmdebstrap --quiet --mode=root --variant=minbase --components=main --include="$1" \\
      --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --aptopt='APT::Install-Recommends "false"' bookworm "$2" "$3" &&
      echo "$4" >>"$2/etc/apt/sources.list" && chroot "$2" apt-get update && chroot "$2" apt-get -y upgrade`;
    const plain = run(
      [
        ...['sh', '-c', script, 'sh', basePackages([]).join(','), root],
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

/** Milliseconds; null where the command failed. */
function run(command: readonly string[], environment: NodeJS.ProcessEnv): number | null {
  const [file = '', ...args] = command;
  const start = performance.now();
  const { status } = spawnSync(file, args, { stdio: 'ignore', env: { ...process.env, ...environment } });
  return status === 0 ? performance.now() - start : null;
}

function show(milliseconds: number | null): string {
  return milliseconds === null ? '–' : `${(milliseconds / 1000).toFixed(1)} s`;
}
