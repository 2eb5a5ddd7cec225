import type {
  DescribeExecutionInput,
  DescribeStateMachineForExecutionInput,
  GetActivityTaskInput,
  GetExecutionHistoryInput,
  ListExecutionsInput,
  RedriveExecutionInput,
  SendTaskFailureInput,
  SendTaskHeartbeatInput,
  SendTaskSuccessInput,
  StartExecutionInput,
  StopExecutionInput,
  ValidateStateMachineDefinitionInput,
} from '@aws-sdk/client-sfn';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { validateDefinition } from '../../core/states-language/definition/validate.ts';
import type { Bell } from '../../store/bell.ts';
import type { Flush } from '../../store/durable.ts';
import { execution } from '../../store/schema/executions.ts';
import type { Call, Operations } from '../call.ts';
import { readActivityArn, readExecutionArn, readStateMachineArn, stateMachineArn } from '../state-machines/arns.ts';
import { doesNotExist, findAlias, findStateMachine, findVersion } from '../state-machines/find.ts';
import { getActivityTask } from './activity-poll.ts';
import { definitionOf, describeExecution, getExecutionHistory, listExecutions } from './describe.ts';
import { typeNotSupported } from './errors.ts';
import { syncStarter } from './express/start-sync.ts';
import { machineToStart } from './machine-to-start.ts';
import { mapRunOf, mapRunOperations } from './map-runs/operations.ts';
import { startExecution } from './start.ts';
import { redriveExecution, stopExecution } from './stop.ts';
import type { FindTaskRunner } from './task-runner.ts';
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from './task-tokens.ts';
import { warnOfResources } from './warn-of-resources.ts';

export interface ExecutionNeeds {
  readonly bell: Bell;
  /** At least 0 and less than 1: chooses among the versions that an alias routes to. */
  readonly random: () => number;
  /** Waited for before a look at what goes on is answered: what was shown is not taken back by a power failure. */
  readonly flush: Flush;
  /** Why the tasks of a resource would fail on this server; null where nothing is known against it. */
  readonly resourceWarning?: (resource: string) => Promise<string | null>;
  /** For executions that live in this process alone; absent: no task has a runner. */
  readonly findTaskRunner?: FindTaskRunner | undefined;
}

/** What an ARN of Step Functions names is checked before anything is looked up: InvalidArn, as AWS tells it. */
function named<T extends { readonly executionArn?: string | undefined }>(call: Call, input: T) {
  const executionArn = input.executionArn ?? '';
  readExecutionArn(call, executionArn);
  return { ...input, executionArn };
}

/** Members that a client left out are left out, for use cases whose options are exact. */
function given<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Executions of state machines, their history, and the tasks that wait for somebody. */
export function executionOperations({
  bell,
  random,
  flush,
  resourceWarning,
  findTaskRunner = () => null,
}: ExecutionNeeds): Operations {
  const shown = async <T>(answer: T): Promise<T> => {
    await flush();
    return answer;
  };
  return {
    StartExecution: async (call: Call, input: StartExecutionInput) => {
      const stateMachine = await machineToStart(call, input.stateMachineArn ?? '', random);
      const { name, input: text } = given(input);
      return startExecution(call, {
        stateMachine,
        ...(name === undefined ? {} : { name }),
        ...(text === undefined ? {} : { input: text }),
      });
    },
    StartSyncExecution: syncStarter({ random, findTaskRunner }),
    StopExecution: async (call: Call, input: StopExecutionInput) => stopExecution(call, given(named(call, input))),
    RedriveExecution: async (call: Call, input: RedriveExecutionInput) =>
      redriveExecution(call, given(named(call, input))),
    DescribeExecution: async (call: Call, input: DescribeExecutionInput) =>
      shown(await describeExecution(call, given(named(call, input)))),
    GetExecutionHistory: async (call: Call, input: GetExecutionHistoryInput) =>
      shown(await getExecutionHistory(call, given(named(call, input)))),
    DescribeStateMachineForExecution: describeForExecution,
    ListExecutions: async (call: Call, input: ListExecutionsInput) => {
      const { mapRunArn, stateMachineArn, ...rest } = input;
      if ((mapRunArn === undefined) === (stateMachineArn === undefined))
        throw new AwsError('ValidationException', 'You must specify either a stateMachineArn or a mapRunArn.');
      if (stateMachineArn !== undefined) await requireListed(call, stateMachineArn);
      else await mapRunOf(call, mapRunArn ?? '');
      return listExecutions(call, { ...given(rest), of: stateMachineArn ?? mapRunArn ?? '' });
    },
    ...mapRunOperations(flush),
    SendTaskSuccess: async (call: Call, { taskToken = '', output = '' }: SendTaskSuccessInput) => {
      await sendTaskSuccess(call, { taskToken, output });
      return {};
    },
    SendTaskFailure: async (call: Call, input: SendTaskFailureInput) => {
      await sendTaskFailure(call, { ...given(input), taskToken: input.taskToken ?? '' });
      return {};
    },
    SendTaskHeartbeat: async (call: Call, { taskToken = '' }: SendTaskHeartbeatInput) => {
      await sendTaskHeartbeat(call, { taskToken });
      return {};
    },
    GetActivityTask: async (call: Call, input: GetActivityTaskInput) => {
      const activityArn = input.activityArn ?? '';
      readActivityArn(call, activityArn);
      const { db, account, signal } = call;
      const poll = { db, bell, account, now: () => new Date(), ...(signal === undefined ? {} : { signal }) };
      const { workerName } = input;
      return (await getActivityTask(poll, { activityArn, ...(workerName === undefined ? {} : { workerName }) })) ?? {};
    },
    ValidateStateMachineDefinition: async (_call: Call, input: ValidateStateMachineDefinitionInput) => {
      const definition = input.definition ?? '';
      const isExpress = input.type === 'EXPRESS';
      const { diagnostics: told, truncated } = validateDefinition(definition, { isExpress });
      const isFit = resourceWarning !== undefined && told.every(({ severity }) => severity !== 'ERROR');
      const diagnostics = isFit ? [...told, ...(await warnOfResources(definition, resourceWarning))] : told;
      const wanted = diagnostics.filter(({ severity }) => input.severity !== 'ERROR' || severity === 'ERROR');
      const most = input.maxResults || 100;
      return {
        result: diagnostics.some(({ severity }) => severity === 'ERROR') ? 'FAIL' : 'OK',
        diagnostics: wanted.slice(0, most),
        truncated: truncated || wanted.length > most,
      };
    },
  };
}

/** One that was deleted has executions that are still to be read. */
async function requireListed(call: Call, arn: string): Promise<void> {
  const reference = readStateMachineArn(call, arn);
  const { db, account } = call;
  const { name, qualifier } = reference;
  const found = await findStateMachine(db, account, name);
  const isThere =
    qualifier === null ||
    (await findVersion(db, account, reference)) !== null ||
    (await findAlias(db, account, reference)) !== null;
  if (found === null || !isThere) throw doesNotExist(arn);
  if (found.type === 'EXPRESS') throw typeNotSupported();
}

async function describeForExecution(call: Call, input: DescribeStateMachineForExecutionInput) {
  const { row, definition } = await definitionOf(call, named(call, input));
  const [, label] = row.stateMachineArn.split('/');
  return {
    stateMachineArn: row.stateMachineArn,
    ...(row.mapRun === null ? {} : { mapRunArn: row.mapRun, label }),
    name: row.stateMachineName,
    definition: input.includedData === 'METADATA_ONLY' ? '' : definition,
    roleArn: row.roleArn,
    // The definition is the one that it started with: it has not changed since.
    updateDate: row.startedAt,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
  };
}

/** Ends what runs of a state machine that is deleted. */
export async function abortExecutionsOf(call: Call, name: string): Promise<void> {
  const running = await call.db
    .select({ arn: execution.arn })
    .from(execution)
    .where(
      and(
        eq(execution.account, call.account),
        eq(execution.stateMachineArn, stateMachineArn(call, name)),
        eq(execution.status, 'RUNNING'),
      ),
    )
    .orderBy(execution.arn);
  for (const { arn } of running) await stopExecution(call, { executionArn: arn });
}
