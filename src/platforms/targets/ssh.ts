import { quoted } from '../../core/baselines/issue.ts';
import { KintsugiError } from '../../core/errors.ts';
import { quote } from '../apt/shell.ts';
import { rebootError } from './reboot-error.ts';
import { type RunOptions, runScript, type ScriptOutcome } from './shell-process.ts';
import type { ScriptTarget } from './target.ts';

/**
 * A machine that the system's own `ssh` reaches, with the keys, jump hosts and known hosts of the operator's own
 * configuration. It never asks: a key that needs a passphrase belongs into ssh-agent. KINTSUGI_SSH_CONFIG names
 * another configuration file (ssh -F).
 */
export function sshTarget(address: string): ScriptTarget {
  // A leading dash would be an option of ssh, and ProxyCommand in one would be a program to run.
  if (!/^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@)?[A-Za-z0-9[][A-Za-z0-9.:%_[\]-]{0,254}$/.test(address)) {
    throw new KintsugiError('Usage', `${quoted(address)} is not USER@HOST.`);
  }
  const config = process.env.KINTSUGI_SSH_CONFIG;
  const command = (remote: string) => [
    'ssh',
    ...(config ? ['-F', config] : []),
    '-T',
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=15',
    '-o',
    'ServerAliveInterval=15',
    '-o',
    'ServerAliveCountMax=4',
    '--',
    address,
    remote,
  ];
  const change = async (script: string, options: RunOptions) => {
    const outcome = await over(address, command(AS_ROOT), script, options);
    if (/^sudo: /m.test(outcome.stderr) && outcome.code === 1) {
      throw new KintsugiError('Permission', `${address} does not let this user become root without a password.`, {
        advice: 'Connect as root, or allow `sudo -n` for this user there.',
      });
    }
    return outcome;
  };
  const short = { timeoutMs: 60_000 };
  return {
    access: 'ssh',
    address,
    root: null,
    again: `--ssh ${address}`,
    read: (script, options) => over(address, command('/bin/sh -s'), script, options),
    change,
    waitSeconds: 0,
    launch: async (path) => {
      await change(`setsid /bin/sh ${quote(path)} </dev/null >/dev/null 2>&1 &\n`, short);
    },
    reboot: async (message) => {
      const outcome = await change(`shutdown -r +1 ${quote(message)}\n`, short);
      if (outcome.code !== 0) throw rebootError(address, outcome);
    },
  };
}

/** Through sh, for the login shell there may be one of another language. */
const AS_ROOT = `/bin/sh -c ${quote('if [ "$(id -u)" = 0 ]; then exec /bin/sh -s; else exec sudo -n /bin/sh -s; fi')}`;

async function over(
  address: string,
  command: readonly string[],
  script: string,
  options: RunOptions,
): Promise<ScriptOutcome> {
  let outcome: ScriptOutcome;
  try {
    outcome = await runScript(command, script, options);
  } catch (error) {
    throw new KintsugiError('SshRefused', `ssh cannot be started: ${(error as Error).message}.`, { cause: error });
  }
  // ssh itself fails with 255; none of our scripts does.
  if (outcome.code === 255) {
    const said = outcome.stderr.trim().split('\n').at(-1) ?? '';
    throw new KintsugiError('SshRefused', `${address} cannot be reached by ssh${said ? `: ${said}` : ''}.`);
  }
  return outcome;
}
