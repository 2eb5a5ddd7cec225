import type { DeleteStateMachineInput } from '@aws-sdk/client-sfn';
import { stateMachine } from '../../store/schema/state-machines.ts';
import type { Call, Operations } from '../call.ts';
import { activityOperations } from './activities.ts';
import { aliasOperations } from './aliases.ts';
import { readStateMachineArn, stateMachineArn } from './arns.ts';
import { createStateMachine } from './create.ts';
import { ofName } from './find.ts';
import { unqualified } from './qualified.ts';
import { describeStateMachine, listStateMachines } from './read.ts';
import { dropTags } from './resource-tags.ts';
import { taggingOperations } from './tagging.ts';
import { updateStateMachine } from './update.ts';
import { versionOperations } from './versions.ts';

export interface StateMachineNeeds {
  /** Ends what still runs of a state machine that is deleted, in the transaction of the deletion. */
  readonly abortExecutions: (call: Call, name: string) => Promise<void>;
}

/** State machines, their versions, aliases and tags, and activities; executions are `executions/`. */
export function stateMachineOperations({ abortExecutions }: StateMachineNeeds): Operations {
  return {
    CreateStateMachine: createStateMachine,
    UpdateStateMachine: updateStateMachine,
    DescribeStateMachine: describeStateMachine,
    ListStateMachines: listStateMachines,
    /**
     * Gone at once, with its versions and aliases; what runs of it is aborted, as AWS does at the next transition.
     * Answers the same for one that is not there.
     */
    DeleteStateMachine: async (call: Call, input: DeleteStateMachineInput) => {
      const arn = input.stateMachineArn ?? '';
      const name = unqualified(readStateMachineArn(call, arn), arn);
      await call.db.transaction(async (db) => {
        const tx = { ...call, db };
        await db.delete(stateMachine).where(ofName(call.account, name));
        await dropTags(tx, stateMachineArn(call, name));
        await abortExecutions(tx, name);
      });
      return {};
    },
    ...versionOperations,
    ...aliasOperations,
    ...activityOperations,
    ...taggingOperations,
  };
}
