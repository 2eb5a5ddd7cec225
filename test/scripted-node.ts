import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DocumentStep, StepReply } from '../src/control/run-command/carried-output.ts';
import { captured } from '../src/platforms/apt/fixture-for-tests.ts';

const RECORDED = '0123456789abcdef0123456789abcdef';
const SLICE = 23_999;

/** A Debian node that answers probes, fetches of its package lists and restarts as the scripts do, and runs nothing. */
export interface ScriptedNode {
  /** When its lists were fetched. */
  listsAt: Date;
  /** What apt says of a fetch that fails; null: fetches succeed, at `now`. */
  trouble: string | null;
  uid: number;
  /** Until when its lists are valid; null: as recorded. */
  expires: Date | null;
  /** Lines of the probe's section about runs of Kintsugi: id, alive, journal. */
  runs: string;
  /** What it was asked for, in order. */
  readonly asked: ('probe' | 'refresh' | 'restart')[];
  answer(steps: readonly DocumentStep[]): Map<string, StepReply>;
}

export function scriptedNode(now: () => Date): ScriptedNode {
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
  const probe = () =>
    captured('probe-debian12.txt')
      // The recorded machine lacks the list of one architecture: this one has all of them.
      .replaceAll(/^http.*\ti386\t.*\n/gm, '')
      .replace(/^uid=.*$/m, `uid=${node.uid}`)
      .replaceAll(/^(valid-until\t.*\t).*$/gm, (line, head) =>
        node.expires === null ? line : head + node.expires.toUTCString().replace('GMT', 'UTC'),
      )
      .replace(/^partial\t.*$/m, `update-success-stamp\t${seconds(node.listsAt)}`)
      .replace(new RegExp(`^@@${RECORDED} kintsugi-runs\n`, 'm'), (head) => head + node.runs);
  /** Nothing of what a restart was needed for is left: it runs its newest kernel, and the library that it started with. */
  const restarted = (text: string) =>
    text
      .replace(/^boot_id=.*$/m, 'boot_id=00000000-0000-4000-8000-000000000000')
      .replace(/^boot_time=.*$/m, `boot_time=${seconds(now())}`)
      .replace(/^now=.*$/m, `now=${seconds(now())}`)
      .replace(/^kernel=.*$/m, 'kernel=6.1.0-50-amd64')
      .replace(/^(kernel_build=.*)6\.1\.170-3/m, '$16.1.176-1')
      .replaceAll(/^libc_installed=.*\n/gm, '');
  const refresh = () => {
    if (node.trouble === null) node.listsAt = now();
    const [text, code] = node.trouble === null ? ['', 0] : [node.trouble, 100];
    return `\n@@${RECORDED} update\n${text}\n@@${RECORDED} end ${code}\n\n@@${RECORDED} done\n\n@@${RECORDED} end 0\n`;
  };
  const node: ScriptedNode = {
    listsAt: now(),
    trouble: null,
    uid: 0,
    expires: null,
    runs: '',
    asked: [],
    answer: (steps) => {
      const script = steps[0]?.inputs.runCommand.join('\n') ?? '';
      if (/^\[ "\$\(cat \/proc\/sys\/kernel\/random\/boot_id\)" != .* \|\| exit 194$/.test(script)) {
        node.asked.push('restart');
        return new Map([[steps[0]?.name ?? '', { status: 'Success', code: 0, standardOutput: '' }]]);
      }
      const what = /^probe <\/dev\/null$/m.test(script) ? 'probe' : /^refresh <\/dev\/null$/m.test(script) && 'refresh';
      if (!what) throw new Error('this node knows no such script');
      node.asked.push(what);
      const nonce = /^NONCE='([0-9a-f]{32})'$/m.exec(script)?.[1] ?? '';
      const found = node.asked.includes('restart') ? restarted(probe()) : probe();
      return carried((what === 'probe' ? found : refresh()).replaceAll(RECORDED, nonce));
    },
  };
  return node;
}

function carried(output: string): Map<string, StepReply> {
  const packed = gzipSync(output).toString('base64');
  if (packed.length > SLICE) throw new Error('more than one slice');
  const sum = createHash('sha256').update(output).digest('hex');
  const said = (standardOutput: string): StepReply => ({ status: 'Success', code: 0, standardOutput });
  return new Map([
    ['answer', said(`kintsugi-output 1 0 ${packed.length} ${sum}\n`)],
    ['slice0', said(packed)],
    ['clean', said('')],
  ]);
}
