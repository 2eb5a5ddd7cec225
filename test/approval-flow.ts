import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExecution } from '../src/control/executions/describe.ts';
import { ExecutionEngine } from '../src/control/executions/engine.ts';
import { startExecution } from '../src/control/executions/start.ts';
import { taskRunners } from '../src/gateway/task-runners.ts';
import { fakeCall } from './fake-call.ts';
import { type ImageWorld, imageWorld, newAmi } from './image-world.ts';

export const ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:publish';

/** Publishes an image once somebody has approved it. */
const DEFINITION = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'Register',
  States: {
    Register: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.register',
      Arguments: { Family: '{% $states.input.Family %}', Digest: '{% $states.input.Digest %}', Parent: null },
      Assign: { family: '{% $states.input.Family %}', digest: '{% $states.input.Digest %}' },
      Next: 'Approve',
    },
    Approve: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.requestApproval.waitForTaskToken',
      Arguments: {
        Family: '{% $family %}',
        Digest: '{% $digest %}',
        Channel: 'gold',
        TaskToken: '{% $states.context.Task.Token %}',
        TimeoutSeconds: 600,
        Message: 'Two updates of openssl.',
      },
      Assign: { by: '{% $states.result.By %}', comment: '{% $states.result.Comment %}' },
      Next: 'Publish',
    },
    Publish: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.promote',
      Arguments: { Family: '{% $family %}', Digest: '{% $digest %}', Channel: 'gold', Expected: null },
      Next: 'Check',
    },
    Check: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.check',
      Arguments: { Family: '{% $family %}', Digest: '{% $digest %}' },
      Output: { Checked: '{% $states.result %}', By: '{% $by %}', Comment: '{% $comment %}' },
      End: true,
    },
  },
});

/** A server's images with an engine that runs the definition above, and somebody who is asked. */
export async function approvalFlow() {
  const world: ImageWorld = await imageWorld();
  const { db } = world.store;
  const engine = new ExecutionEngine({
    db,
    bell: world.bell,
    findTaskRunner: taskRunners({
      db,
      bell: world.bell,
      services: world.services,
      random: Math.random,
      ownServicesOnAws: false,
    }),
    now: () => new Date(),
    onError: (error) => assert.fail(String(error)),
    beatMs: 50,
  });
  const call = () => fakeCall(world.store.db, { now: new Date() });
  const inOne = <T>(what: (one: ReturnType<typeof call>) => Promise<T>): Promise<T> =>
    world.store.db.transaction((tx) => what({ ...call(), db: tx }));
  return {
    world,
    inOne,
    /** Starts the publication of an image, and waits until somebody is asked. */
    asked: async (family: string, definition = DEFINITION) => {
      const digest = newAmi();
      const stateMachine = { arn: ARN, name: 'publish', roleArn: 'role', definition };
      const input = JSON.stringify({ Family: family, Digest: digest });
      const { executionArn } = await inOne((one) => startExecution(one, { stateMachine, input }));
      for (;;) {
        const { Approvals } = await world.ask('DescribeImageApprovals', { Family: family, State: 'PENDING' });
        const approval = Approvals.find((one: { Digest: string }) => one.Digest === digest);
        if (approval !== undefined) return { digest, executionArn, approval };
        await sleep(20);
      }
    },
    ended: async (executionArn: string): Promise<Record<string, unknown>> => {
      for (;;) {
        const described = await describeExecution(call(), { executionArn });
        if (described.status !== 'RUNNING') return described;
        await sleep(20);
      }
    },
    decide: (operation: 'ApproveImage' | 'RejectImage', ApprovalId: string, more: object = {}) =>
      world.ask(operation, { ApprovalId, ...more }),
    dispose: async () => {
      await engine.stop();
      await world.dispose();
    },
  };
}
