import { randomUUID } from 'node:crypto';
import type { StartSyncExecutionInput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../../core/aws-error.ts';
import { parseDefinition } from '../../../core/states-language/definition/parse.ts';
import type { Call } from '../../call.ts';
import { checkName } from '../../state-machines/names.ts';
import { typeNotSupported } from '../errors.ts';
import { machineToStart } from '../machine-to-start.ts';
import { checkedInput } from '../start.ts';
import type { FindTaskRunner } from '../task-runner.ts';
import { EXPRESS_MS, expressArn } from './limits.ts';
import { runInMemory } from './run-in-memory.ts';

/** At the same time on one server: each holds its call open. */
const MOST_AT_ONCE = 200;
/** AWS bills by 100 ms and by 64 MB; here nothing is billed, and memory is not measured. */
const BILLED_MS = 100;
const BILLED_MB = 64;

export interface SyncNeeds {
  readonly random: () => number;
  readonly findTaskRunner: FindTaskRunner;
}

/**
 * StartSyncExecution: at most once. The execution lives in this process and with its call: whoever hangs up, or a
 * server that dies, ends it, and nothing begins it again.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
 */
export function syncStarter({ random, findTaskRunner }: SyncNeeds) {
  let running = 0;
  return async (call: Call, input: StartSyncExecutionInput) => {
    const stateMachine = await machineToStart(call, input.stateMachineArn ?? '', random);
    if (stateMachine.type !== 'EXPRESS') throw typeNotSupported();
    const name = checkName(input.name ?? randomUUID());
    const text = checkedInput(input.input);
    if (running >= MOST_AT_ONCE)
      throw new AwsError('ThrottlingException', `This server runs ${MOST_AT_ONCE} synchronous executions at a time.`);
    const startDate = new Date();
    const arn = expressArn(stateMachine.arn, name);
    const { arn: stateMachineArn, name: stateMachineName, roleArn, definition } = stateMachine;
    const facts = {
      arn,
      name,
      stateMachineArn,
      stateMachineName,
      roleArn,
      region: call.region,
      input: text,
      startTime: startDate.toISOString(),
      isExpress: true,
    };
    const seconds = parseDefinition(definition).timeoutSeconds ?? Number.POSITIVE_INFINITY;
    const deadline = new Date(startDate.getTime() + Math.min(EXPRESS_MS, seconds * 1000));
    running += 1;
    try {
      await call.recorded?.();
      const now = () => new Date();
      const { account, signal = new AbortController().signal } = call;
      const head = await runInMemory({ definition, facts, account, findTaskRunner, now, random, deadline, signal });
      if (head === null)
        throw new AwsError('ServiceUnavailable', 'The execution ended with its call.', { status: 503 });
      const stopDate = new Date();
      const ms = stopDate.getTime() - startDate.getTime();
      const included = input.includedData !== 'METADATA_ONLY';
      return {
        executionArn: arn,
        stateMachineArn,
        name,
        startDate,
        stopDate,
        status: head.status,
        ...(head.status === 'TIMED_OUT' ? { error: 'States.Timeout' } : {}),
        ...(head.error === null ? {} : { error: head.error }),
        ...(head.cause === null ? {} : { cause: head.cause }),
        ...(included ? { input: text } : {}),
        inputDetails: { included },
        ...(included && head.output !== null ? { output: head.output } : {}),
        outputDetails: { included },
        ...(input.traceHeader === undefined ? {} : { traceHeader: input.traceHeader }),
        billingDetails: {
          billedMemoryUsedInMB: BILLED_MB,
          billedDurationInMilliseconds: Math.max(1, Math.ceil(ms / BILLED_MS)) * BILLED_MS,
        },
      };
    } finally {
      running -= 1;
    }
  };
}
