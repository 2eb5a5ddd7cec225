import { readFileSync } from 'node:fs';
import { quote } from '../../../platforms/apt/shell.ts';
import type { BootCheck, BootChecks } from './checks.ts';

/** What the image said of itself; null where it did not say it to the end. */
export interface BootAnswer {
  readonly kernel: string;
  /** systemd's own word: running, degraded, … */
  readonly state: string;
  readonly failedUnits: readonly string[];
  readonly checks: readonly BootCheck[];
}

/** The unit that asks, put into the copy that is booted for the test. Its answer goes to `output`, a file or a port. */
export function checkUnit(): string {
  return `[Unit]
Description=Kintsugi boot test
[Service]
Type=simple
ExecStart=/bin/sh /etc/kintsugi-boot-test.sh
StandardInput=null
StandardOutput=null
StandardError=null
TimeoutStopSec=5
`;
}

/** The script that it runs: waits for the end of the boot, answers line by line, and switches off. */
export function composeCheck(nonce: string, output: string, checks: BootChecks): string {
  const lines = [`N=${quote(nonce)}`, `O=${quote(output)}`, script('boot-test.sh')];
  checks.Units.forEach((unit, index) => {
    lines.push(`unit ${index} ${quote(unit)}`);
  });
  checks.Ports.forEach((port, index) => {
    lines.push(`port ${index} ${port} ${port.toString(16).toUpperCase().padStart(4, '0')}`);
  });
  checks.Commands.forEach(({ Run, ExitCode, TimeoutSeconds }, index) => {
    lines.push(`run ${index} ${ExitCode} ${TimeoutSeconds} ${quote(Run)}`);
  });
  return `${lines.join('\n')}\nsay end\nsync\nsystemctl --no-block poweroff\n`;
}

/** Reads the answer. A check that was not answered has failed. */
export function parseCheck(text: string, nonce: string, checks: BootChecks): BootAnswer | null {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.startsWith(`${nonce}\t`))
    .map((line) => line.split('\t').slice(1));
  const one = (name: string) => lines.find(([key]) => key === name)?.[1] ?? '';
  if (!lines.some(([key]) => key === 'end')) return null;
  const verdict = (kind: string, index: number, name: string): BootCheck => {
    const [, , result = '', detail = ''] = lines.find(([key, at]) => key === kind && at === String(index)) ?? [];
    return { name, passed: result === 'ok', detail: detail.slice(0, 1000) || (result === '' ? 'no answer' : '') };
  };
  return {
    kernel: one('kernel').slice(0, 200),
    state: one('state').slice(0, 50),
    failedUnits: lines.flatMap(([key, name = '']) => (key === 'failed' ? [name.slice(0, 255)] : [])),
    checks: [
      ...checks.Units.map((unit, index) => verdict('unit', index, `unit ${unit} is active`)),
      ...checks.Ports.map((port, index) => verdict('port', index, `something listens on port ${port}`)),
      ...checks.Commands.map(({ Run, ExitCode }, index) =>
        verdict('command', index, `\`${Run.slice(0, 200)}\` ends with ${ExitCode}`),
      ),
    ],
  };
}

function script(name: string): string {
  return readFileSync(new URL(`../scripts/${name}`, import.meta.url), 'utf8');
}
