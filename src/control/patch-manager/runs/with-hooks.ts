import type { PluginResult, RenderedDocument } from '../../../store/schema/commands.ts';
import type { LedInvocation, Orchestration } from '../../run-command/orchestration.ts';
import { type Ended, type PatchOrchestrationNeeds, patchAndRecord, pluginOf, refusalOf } from './led-run.ts';
import { patchOrTell } from './orchestrate.ts';
import { parameter } from './overrides.ts';

/** The steps of AWS-RunPatchBaselineWithHooks that run a document of the user's. */
export const HOOK_STEPS = ['PreInstallHook', 'PostInstallHook', 'OnExitHook'] as const;
type HookStep = (typeof HOOK_STEPS)[number];

/**
 * AWS-RunPatchBaselineWithHooks, led by the server: a document before an installation, one between it and the restart,
 * and one at the end. A scan has only the last one. A hook that fails stops what comes after it: before the installation
 * nothing is changed, after it the node is not restarted; the last one runs whatever became of the rest.
 * Converges: hooks are sent at most once, and once the second one was sent, nothing more is installed.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-aws-runpatchbaselinewithhooks.html
 */
export function hooksOrchestration(needs: PatchOrchestrationNeeds): Orchestration {
  return async (invocation) => {
    const plugins: PluginResult[] = [];
    const startedAt = invocation.now();
    const refusal = await refusalOf(needs, invocation);
    if (refusal !== null) {
      const end = { status: 'Failed', code: 1, out: '', error: refusal } as const;
      return { status: 'Failed', plugins: [pluginOf('PatchLinux', end, startedAt, invocation.now())] };
    }
    const hook = async (step: HookStep): Promise<boolean> => {
      const plugin = await runHook(invocation, step);
      plugins.push(plugin);
      return plugin.status === 'Success';
    };
    const installs = parameter(invocation, 'Operation') === 'Install';
    if (!installs || (await hook('PreInstallHook'))) {
      const patching = invocation.now();
      const isInstalled = installs && (await invocation.wasRun('PostInstallHook'));
      const between = installs ? { isInstalled, beforeRestart: () => hook('PostInstallHook') } : {};
      const end = await patchOrTell(invocation, () => patchAndRecord(needs, invocation, between));
      const after = plugins.findIndex(({ name }) => name === 'PostInstallHook');
      const plugin = pluginOf('PatchLinux', end, patching, invocation.now());
      plugins.splice(after === -1 ? plugins.length : after, 0, plugin);
    }
    await hook('OnExitHook');
    const status = plugins.every((plugin) => plugin.status === 'Success') ? 'Success' : 'Failed';
    return { status, plugins };
  };
}

/** A hook as one step of the command: its document's steps, each with what it said. */
async function runHook(invocation: LedInvocation, step: HookStep): Promise<PluginResult> {
  const document: RenderedDocument | undefined = invocation.hooks[step];
  const startedAt = invocation.now();
  if (document === undefined) throw new Error(`the command has no document for ${step}`);
  const { outcome, steps } = await invocation.runOnce(step, document);
  const ran = steps.filter(({ status }) => status !== 'Skipped');
  const first = ran.map((one) => one.startedAt).find((at) => at !== null) ?? startedAt;
  const status = outcome === 'Success' ? 'Success' : 'Failed';
  const failing = ran.find(({ code }) => code !== 0);
  const ended: Ended = {
    status,
    code: status === 'Success' ? 0 : (failing?.code ?? 1),
    out: ran.map(({ standardOutput }) => standardOutput).join(''),
    error:
      ran.map(({ standardError }) => standardError).join('') +
      (status === 'Success'
        ? ''
        : `${document.name} ended as ${outcome}${failing ? ` in its step ${failing.name}` : ''}.\n`),
  };
  return pluginOf(step, ended, first, invocation.now());
}
