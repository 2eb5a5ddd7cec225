import { hostname } from 'node:os';
import { KintsugiError } from '../../core/errors.ts';
import { quote } from '../apt/shell.ts';
import { rebootError } from './reboot-error.ts';
import { launchScript, runScript } from './shell-process.ts';
import type { ScriptTarget } from './target.ts';

/** The machine that Kintsugi runs on. */
export function localTarget(): ScriptTarget {
  return {
    access: 'local',
    address: hostname(),
    root: null,
    again: '',
    read: (script, options) => runScript(['/bin/sh', '-s'], script, options),
    change: (script, options) => {
      if (process.getuid?.() !== 0) {
        throw new KintsugiError('Permission', 'Only root can change the packages of this machine.');
      }
      return runScript(['/bin/sh', '-s'], script, options);
    },
    waitSeconds: 0,
    launch: (path) => launchScript(['/bin/sh', '-s'], `exec /bin/sh ${quote(path)} </dev/null\n`),
    reboot: async (message) => {
      const outcome = await runScript(['/bin/sh', '-s'], `shutdown -r +1 ${quote(message)}\n`, { timeoutMs: 30_000 });
      if (outcome.code !== 0) throw rebootError('This machine', outcome);
    },
  };
}
