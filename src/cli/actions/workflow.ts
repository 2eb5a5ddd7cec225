import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { serverProfile } from '../client/profile.ts';
import { definitionOf, findExecution, history, newestExecutions } from '../client/workflows.ts';
import type { WorkflowListOptions, WorkflowShowOptions } from '../commands/server-options.ts';
import { stopMeans } from '../formats/stop-text.ts';
import { laneRows } from '../formats/workflow-lanes.ts';
import { stateVisits } from '../formats/workflow-states.ts';
import { workflowGraphText, workflowHistoryText, workflowListText } from '../formats/workflow-text.ts';
import { paint } from '../style.ts';

const LAST_EVENTS = 25;

export async function runWorkflowList({ machine, status, most, json }: WorkflowListOptions): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const found = await newestExecutions(profile, { machine, status, most });
  process.stdout.write(json ? asciiJson(found, false) : workflowListText(found, new Date(), paint(process.stdout)));
}

export async function runWorkflowShow(reference: string, { all = false, json }: WorkflowShowOptions): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const execution = await findExecution(profile, reference);
  const text = await definitionOf(profile, execution.executionArn);
  const definition = JSON.parse(text) as unknown;
  const events = await history(profile, execution.executionArn);
  if (json) {
    const visits = stateVisits(events, execution.status !== 'RUNNING');
    const states = laneRows(definition)
      .filter(({ lane }) => lane === null)
      .map(({ name, type, depth }) => ({ name, type, depth, ...(visits.get(name) ?? { mark: 'unreached' }) }));
    process.stdout.write(asciiJson({ execution, states, events }, false));
    return;
  }
  const palette = paint(process.stdout);
  const left = execution.status === 'ABORTED' ? stopMeans({ execution, definition: text, events }) : [];
  process.stdout.write(workflowGraphText({ execution, definition, events, left }, new Date(), palette));
  process.stdout.write(`${palette.bold('History')}\n`);
  process.stdout.write(workflowHistoryText(events, all ? events.length : LAST_EVENTS, palette));
}
