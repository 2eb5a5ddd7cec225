import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { serverProfile } from '../client/profile.ts';
import { definitionOf, describe, findExecution, history, stop } from '../client/workflows.ts';
import type { WorkflowStopOptions } from '../commands/server-options.ts';
import { stopMeans, stoppedText } from '../formats/stop-text.ts';
import { paint } from '../style.ts';
import { confirm } from './confirm.ts';

/** Stops an execution, after it has said what that leaves. One that was stopped already is none to refuse. */
export async function runWorkflowStop(reference: string, { reason, yes, json }: WorkflowStopOptions): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const execution = await findExecution(profile, reference);
  const { executionArn: arn, name, status } = execution;
  if (status !== 'RUNNING' && status !== 'ABORTED')
    throw new KintsugiError('WorkflowOver', `${visible(name)} has ended already: ${status}.`);
  const definition = await definitionOf(profile, arn);
  const workflow = { execution, definition, events: await history(profile, arn) };
  const means = stopMeans(workflow);
  if (status === 'RUNNING') {
    if (!json && !yes) {
      const question = [`To stop ${visible(name)} means:`, ...means.map((line) => `  ${line}`), 'Stop it?'].join('\n');
      if (!(await confirm(question))) {
        process.stdout.write('It goes on.\n');
        return;
      }
    }
    await stop(profile, arn, reason);
  }
  // It may have come to its end of its own a moment before.
  const ended = await describe(profile, arn);
  if (ended.status !== 'ABORTED')
    throw new KintsugiError('WorkflowOver', `${visible(name)} has ended of its own: ${ended.status}.`);
  if (json) process.stdout.write(asciiJson({ execution: ended, means }, false));
  else process.stdout.write(stoppedText(workflow, means, paint(process.stdout)));
}
