import { KintsugiError } from '../../core/errors.ts';
import { quote } from '../../platforms/apt/shell.ts';
import { rootTarget, withoutServices } from '../../platforms/targets/root.ts';
import type { Hook } from './recipe.ts';
import { isNoSpace, noSpace } from './tool.ts';

/**
 * Runs a hook inside the root, in mount and process namespaces of its own and, unless it asks for one, without a
 * network. It sees a plain environment. What it starts ends with it, at the latest at its time limit.
 * Throws HookFailed with its last words, NoSpace.
 */
export async function runHook(root: string, hook: Hook): Promise<string> {
  const target = rootTarget(root, { offline: false, tied: true, network: hook.network });
  const outcome = await target.change(composeHook(hook.text), { timeoutMs: hook.timeoutSeconds * 1000 });
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim();
  if (!outcome.timedOut && outcome.code === 0) return said;
  if (isNoSpace(said)) throw noSpace(`The hook ${hook.name}`);
  const why = outcome.timedOut
    ? `was ended: it ran longer than ${hook.timeoutSeconds} second${hook.timeoutSeconds === 1 ? '' : 's'}`
    : `ended with ${outcome.code ?? outcome.signal}`;
  const words = said.split('\n').slice(-8).join('\n').slice(-1500);
  throw new KintsugiError('HookFailed', `The hook ${hook.name} ${why}${words === '' ? '.' : `:\n${words}`}`);
}

/** The hook becomes a file, so that its first line chooses who reads it. */
function composeHook(text: string): string {
  const file = '/tmp/kintsugi-hook';
  const plain =
    'env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive';
  const whole = text.startsWith('#!') ? text : `#!/bin/sh\n${text}`;
  return `printf %s ${quote(whole)} >${file}
chmod 700 ${file}
cd /
${withoutServices(`${plain} ${file} </dev/null\nC=$?\n:`)}
exit "$C"
`;
}
