import { KintsugiError } from '../../core/errors.ts';
import { askServer, STEP_FUNCTIONS } from './ask-server.ts';
import type { ServerProfile } from './profile.ts';
import {
  type AnsweredEvent,
  type AnsweredExecution,
  type DescribedExecution,
  readDefinition,
  readDescribed,
  readExecutions,
  readHistory,
  readMachines,
} from './workflow-answer.ts';

const PAGE = 1000;
const ARN = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[^:]+:[^:]+$/;

const ask = (profile: ServerProfile, operation: string, input: object) =>
  askServer(profile, operation, input, { service: STEP_FUNCTIONS });

async function machines(profile: ServerProfile) {
  const found: { name: string; stateMachineArn: string; type: string }[] = [];
  let token: string | undefined;
  do {
    const page = readMachines(
      await ask(profile, 'ListStateMachines', { maxResults: PAGE, ...(token && { nextToken: token }) }),
    );
    found.push(...page.stateMachines);
    token = page.nextToken;
  } while (token !== undefined);
  // Executions of EXPRESS ones cannot be looked at.
  return found.filter(({ type }) => type !== 'EXPRESS');
}

/** The newest executions of all state machines, or of one, the newest first. */
export async function newestExecutions(
  profile: ServerProfile,
  { machine, status, most }: { machine?: string | undefined; status?: string | undefined; most: number },
): Promise<AnsweredExecution[]> {
  const all = await machines(profile);
  const wanted =
    machine === undefined ? all : all.filter((one) => one.name === machine || one.stateMachineArn === machine);
  if (machine !== undefined && wanted.length === 0)
    throw new KintsugiError('Usage', `There is no state machine ${JSON.stringify(machine.slice(0, 100))}.`);
  const found: AnsweredExecution[] = [];
  for (const { stateMachineArn } of wanted) {
    const input = { stateMachineArn, maxResults: Math.min(most, PAGE), ...(status && { statusFilter: status }) };
    found.push(...readExecutions(await ask(profile, 'ListExecutions', input)).executions);
  }
  return found.sort((a, b) => b.startDate - a.startDate).slice(0, most);
}

/** By its ARN, or by its name, which is looked for in every state machine. Throws Usage. */
export async function findExecution(profile: ServerProfile, reference: string): Promise<DescribedExecution> {
  if (ARN.test(reference)) return describe(profile, reference);
  if (!/^[^:\s]{1,80}$/.test(reference))
    throw new KintsugiError(
      'Usage',
      `${JSON.stringify(reference.slice(0, 100))} is no name and no ARN of an execution.`,
    );
  const found: DescribedExecution[] = [];
  for (const { stateMachineArn } of await machines(profile)) {
    const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${reference}`;
    const one = await describe(profile, arn).catch((error: unknown) => {
      if (error instanceof KintsugiError && error.code === 'Usage') return null;
      throw error;
    });
    if (one !== null) found.push(one);
  }
  if (found.length === 1 && found[0] !== undefined) return found[0];
  throw new KintsugiError(
    'Usage',
    found.length === 0
      ? `There is no execution ${JSON.stringify(reference)}.`
      : `Executions of several state machines have this name:\n${found.map((one) => `  ${one.executionArn}`).join('\n')}`,
    { advice: '`kintsugi workflow list` shows what there is.' },
  );
}

export async function describe(profile: ServerProfile, executionArn: string): Promise<DescribedExecution> {
  return readDescribed(await ask(profile, 'DescribeExecution', { executionArn }));
}

/** Ends it where it is; `why` becomes its cause. One that has ended stays as it is. */
export async function stop(profile: ServerProfile, executionArn: string, why: string | undefined): Promise<void> {
  const said = why === undefined ? {} : { cause: why };
  await ask(profile, 'StopExecution', { executionArn, error: 'Kintsugi.Stopped', ...said });
}

/** The definition that it runs. */
export async function definitionOf(profile: ServerProfile, executionArn: string): Promise<string> {
  return readDefinition(await ask(profile, 'DescribeStateMachineForExecution', { executionArn })).definition;
}

/** Its events from the first to the last; with `after`, those that came after that one. */
export async function history(profile: ServerProfile, executionArn: string, after = 0): Promise<AnsweredEvent[]> {
  const found: AnsweredEvent[] = [];
  let token: string | undefined;
  do {
    const more = token === undefined ? {} : { nextToken: token };
    const input = { executionArn, reverseOrder: true, maxResults: after === 0 ? PAGE : 50, ...more };
    const page = readHistory(await ask(profile, 'GetExecutionHistory', input));
    const fresh = page.events.filter(({ id }) => id > after);
    found.push(...fresh);
    token = fresh.length < page.events.length ? undefined : page.nextToken;
  } while (token !== undefined);
  return found.reverse();
}
