import { visible } from '../../core/visible.ts';
import type { AnsweredEvent, DescribedExecution } from '../client/workflow-answer.ts';
import type { Palette } from '../style.ts';
import { RolloutReader } from './rollout-steps.ts';
import { stoppedRolloutLines } from './rollout-text.ts';
import { stateVisits } from './workflow-states.ts';

export interface StoppedWorkflow {
  readonly execution: DescribedExecution;
  /** The definition that it runs, as text. */
  readonly definition: string;
  readonly events: readonly AnsweredEvent[];
}

/** What to stop an execution comes to, where it is now: what ends, what is taken away, what stays and who sees to it. */
export function stopMeans({ execution, definition, events }: StoppedWorkflow): string[] {
  if (/states:::kintsugi:bake\./.test(definition)) return bakeMeans(events);
  if (definition.includes('autoscaling:startInstanceRefresh')) {
    const reader = new RolloutReader();
    for (const event of events) reader.read(event);
    return stoppedRolloutLines(reader.place, groupOf(execution.input), execution.executionArn.split(':')[3] ?? '');
  }
  if (definition.includes('kintsugi:bake') && /ec2:(?:createImage|runInstances)/.test(definition)) {
    return [
      'An AMI bake that is stopped takes nothing away: its build instance, image and snapshots stay, and cost.',
      `They have the tag kintsugi:bake=${visible(execution.executionArn)}.`,
      'The state machine of documents/reap-bakes.asl.json takes them away once they are older than MaxHours.',
    ];
  }
  return ['Tasks that run are told to end, and nothing that follows is done. What they did so far stays.'];
}

/** A bake of this server: whatever it works in is the server's own, and goes by itself. */
function bakeMeans(events: readonly AnsweredEvent[]): string[] {
  const visits = stateVisits(events, false);
  const waits = visits.get('Request approval')?.mark === 'waiting';
  if (waits)
    return [
      'The image is whole and stays in the store and in staging; nobody is asked about it any more.',
      'To make it gold later: kintsugi image promote FAMILY --to gold.',
    ];
  if (visits.has('Register'))
    return ['The image is whole and stays in the store; channels that it has not reached stay as they are.'];
  return [
    'What the bake runs ends within seconds, what it worked in is taken away, and the family is free again.',
    'No image is stored, and no channel moves.',
  ];
}

export function stoppedText(
  { execution }: StoppedWorkflow,
  means: readonly string[],
  { bold, yellow }: Palette,
): string {
  const lines = means.map((line) => `  ${line}`);
  return `${[`${yellow('Stopped')} ${bold(visible(execution.name))}.`, ...lines].join('\n')}\n`;
}

function groupOf(input: string | undefined): string {
  try {
    const { Group } = JSON.parse(input ?? '{}') as { Group?: unknown };
    return typeof Group === 'string' ? Group : 'GROUP';
  } catch {
    return 'GROUP';
  }
}
