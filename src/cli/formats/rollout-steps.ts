import { visible } from '../../core/visible.ts';
import type { AnsweredEvent } from '../client/workflow-answer.ts';

/** A line for whoever follows a rollout: done, under way, or gone wrong. */
export interface RolloutStep {
  readonly mark: '+' | '>' | 'x';
  readonly text: string;
}

/** Where a rollout is on its way; what stopping it means depends on that. */
export interface RolloutPlace {
  /** The refresh has begun: instances may run the image. */
  readonly began: boolean;
  /** It returns to the version before. */
  readonly returns: boolean;
}

interface Refresh {
  readonly Status?: unknown;
  readonly StatusReason?: unknown;
  readonly PercentageComplete?: unknown;
  readonly InstancesToUpdate?: unknown;
}

const STATUSES: Readonly<Record<string, string>> = {
  Pending: 'pending',
  InProgress: 'in progress',
  Baking: 'all replaced, watched for its bake time',
  Successful: 'over',
  Failed: 'failed',
  Cancelling: 'being cancelled',
  Cancelled: 'cancelled',
  RollbackInProgress: 'rolling back',
  RollbackFailed: 'could not be rolled back',
  RollbackSuccessful: 'rolled back',
};
const BAD = new Set(['Failed', 'Cancelled', 'RollbackFailed']);
const GOOD = new Set(['Successful', 'RollbackSuccessful']);
/** Ends of a rollout that changed no instance. */
const NOT_BEGUN = new Set(['Another refresh runs', 'Did not begin', 'Image revoked']);
const MOST_REASON = 300;

/** Reads the history of a rollout, event by event, as lines for people; null where there is nothing to tell. */
export class RolloutReader {
  #state = '';
  #last = '';
  #began = false;
  #returns = false;

  get place(): RolloutPlace {
    return { began: this.#began, returns: this.#returns };
  }

  read(event: AnsweredEvent): RolloutStep | null {
    const entered = (event.stateEnteredEventDetails as { name?: unknown } | undefined)?.name;
    if (typeof entered === 'string') this.#enter(entered);
    const step =
      event.type === 'TaskSucceeded'
        ? this.#done(outputOf(event))
        : event.type === 'TaskFailed' || event.type === 'TaskTimedOut'
          ? this.#failed(event)
          : null;
    if (step === null || step.text === this.#last) return null;
    this.#last = step.text;
    return step;
  }

  #enter(state: string): void {
    this.#state = state;
    // A request whose answer was lost may have begun it as well.
    if (state === 'Refresh the instances') this.#began = true;
    if (NOT_BEGUN.has(state)) this.#began = false;
    if (state === 'Revoke?' || state === 'Which refresh is the last?') this.#returns = true;
  }

  #done(output: Readonly<Record<string, unknown>>): RolloutStep | null {
    switch (this.#state) {
      case 'Is the image revoked?':
      case 'Is it revoked before it is used?':
      case 'Is it revoked before the refresh?':
      case 'Is it revoked meanwhile?':
      case 'Is it revoked by now?':
        return { mark: 'x', text: 'the image is revoked' };
      case 'Is the image there?':
        return { mark: '+', text: 'the image is there, and not revoked' };
      case 'Pin the group':
        return { mark: '+', text: 'the group is held to the version that it runs now' };
      case 'Make a version with the image': {
        const { VersionNumber: version } = (output.LaunchTemplateVersion ?? {}) as { VersionNumber?: unknown };
        return { mark: '+', text: `version ${shown(version)} of the launch template has the image` };
      }
      case 'Refresh the instances':
        return { mark: '+', text: 'Auto Scaling replaces the instances' };
      case 'How is the refresh?':
      case 'Which refresh is the last?':
        return this.#refresh((output.InstanceRefreshes as Refresh[] | undefined)?.[0]);
      case 'What runs in the group?':
        return gate((output.AutoScalingGroups as Group[] | undefined)?.[0]);
      case 'Make it the default':
        return { mark: '+', text: 'it is the default version of the launch template' };
      case 'Revoke':
        return { mark: 'x', text: 'the image is revoked: nothing rolls it out again' };
      case 'Roll back':
        return { mark: '>', text: 'Auto Scaling is asked to roll back' };
      case 'Cancel the refresh':
        return { mark: '>', text: 'Auto Scaling is asked to go no further' };
      case 'Return to the good version':
        return { mark: '>', text: 'another refresh brings the version before back' };
      case 'Restore the default':
        return { mark: '+', text: 'the default version of the launch template is as it was' };
      default:
        return null;
    }
  }

  #refresh(refresh: Refresh | undefined): RolloutStep | null {
    if (refresh === undefined) return null;
    const { Status, StatusReason, PercentageComplete: percent, InstancesToUpdate: left } = refresh;
    const status = String(Status);
    const isOver = BAD.has(status) || GOOD.has(status);
    const text = [
      `refresh ${STATUSES[status] ?? shown(status)}`,
      ...(typeof percent === 'number' && !isOver ? [`${percent} %`] : []),
      ...(typeof left === 'number' && left > 0 && !isOver
        ? [`${left} ${left === 1 ? 'instance' : 'instances'} to go`]
        : []),
    ].join(', ');
    const reason = typeof StatusReason === 'string' && StatusReason !== '' ? `: ${shown(StatusReason)}` : '';
    return { mark: BAD.has(status) ? 'x' : GOOD.has(status) ? '+' : '>', text: text + reason };
  }

  #failed(event: AnsweredEvent): RolloutStep | null {
    const details = (event.taskFailedEventDetails ?? event.taskTimedOutEventDetails) as { error?: unknown } | undefined;
    const error = String(details?.error ?? 'a time-out');
    // That there is no such parameter says that the image is not revoked.
    if (error === 'Ssm.ParameterNotFoundException') return null;
    return { mark: '>', text: `${this.#state}: ${shown(error)}` };
  }
}

interface Group {
  readonly DesiredCapacity?: unknown;
  readonly Instances?: readonly { readonly LifecycleState?: unknown; readonly HealthStatus?: unknown }[];
}

function gate(group: Group | undefined): RolloutStep | null {
  if (group === undefined) return null;
  const serving = (group.Instances ?? []).filter(
    ({ LifecycleState, HealthStatus }) => LifecycleState === 'InService' && HealthStatus === 'Healthy',
  );
  const wanted = Number(group.DesiredCapacity);
  const text = `the gate: ${serving.length} of ${shown(group.DesiredCapacity)} in service and healthy`;
  return { mark: serving.length >= wanted ? '+' : '>', text };
}

function outputOf(event: AnsweredEvent): Readonly<Record<string, unknown>> {
  const { output } = (event.taskSucceededEventDetails ?? {}) as { output?: unknown };
  try {
    const read: unknown = JSON.parse(String(output));
    return typeof read === 'object' && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function shown(value: unknown): string {
  return visible(String(value).slice(0, MOST_REASON));
}
