import { and, eq, isNull } from 'drizzle-orm';
import { imageApproval } from '../../../store/schema/images.ts';
import type { Call, Operation, Operations } from '../../call.ts';

const LONGEST = 500;

interface Sent {
  readonly taskToken?: string;
  readonly error?: string;
}

/**
 * `SendTaskSuccess` and `SendTaskFailure` of the Step Functions API, where the task waits for an approval: whoever ends
 * it so has answered it, and the approval tells who and how. What the workflow makes of the answer is its own matter.
 */
export function noteAnsweredApprovals(operations: Operations): Operations {
  const noted = (name: 'SendTaskSuccess' | 'SendTaskFailure') => {
    const send = operations[name] as Operation<Sent>;
    return async (call: Call, input: Sent) => {
      const { db, account, now, principal } = call;
      const { account: owner, token, decision } = imageApproval;
      const isIt = and(eq(owner, account), eq(token, input.taskToken ?? ''), isNull(decision));
      // Before the task, as those who approve lock them.
      const [row] = await db.select({ id: imageApproval.id }).from(imageApproval).where(isIt).for('update');
      const answer = await send(call, input);
      if (row === undefined) return answer;
      const said = name === 'SendTaskFailure' && input.error ? ` (${input.error.slice(0, LONGEST)})` : '';
      const comment = `The task that waited was ended by ${name}${said}, not by a word about the image.`;
      await db
        .update(imageApproval)
        .set({ decision: 'answered', decidedAt: now, decidedBy: principal.arn, comment })
        .where(and(isIt, eq(imageApproval.id, row.id)));
      return answer;
    };
  };
  return { ...operations, SendTaskSuccess: noted('SendTaskSuccess'), SendTaskFailure: noted('SendTaskFailure') };
}
