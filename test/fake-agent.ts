import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { Call, Operations } from '../src/control/call.ts';
import type { Database } from '../src/store/database.ts';
import { fakeCall, invoke } from './fake-call.ts';

/** How a request of an agent is proved: not at all, by the key of its registration, or by temporary credentials. */
export type Proof = 'none' | 'key' | 'credentials';

/** What carries an agent's requests to a server. */
export interface Wire {
  ask(operation: string, input: object, proof: Proof, who: Identity): Promise<Record<string, unknown>>;
}

/** A registered node, or one that has no id yet. */
export interface Identity {
  readonly instanceId: string;
  readonly privateKey: KeyObject;
  readonly fingerprint: string;
}

export interface Received {
  readonly messageId: string;
  readonly topic: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into the payload where it knows what it sent
  readonly payload: any;
}

interface StepSaid {
  readonly status?: string;
  readonly code?: number;
  readonly out?: string;
  readonly err?: string;
  readonly plugin?: string;
  readonly output?: string;
}

/** An agent that does what a test tells it, rightly or oddly; it runs nothing. */
export interface FakeAgent {
  readonly instanceId: string;
  ask(operation: string, input: object, proof?: Proof): Promise<Record<string, unknown>>;
  heartbeat(): Promise<void>;
  poll(): Promise<Received[]>;
  acknowledge(messageId: string): Promise<void>;
  /** One reply: what is said of steps, and of the document. `at` is a second of the node's clock. */
  reply(messageId: string, documentStatus: string, steps: Record<string, StepSaid>, at?: number): Promise<void>;
  /** Takes a message on and ends it as an agent does: acknowledge, each step, the last word. */
  run(received: Received, steps: Record<string, StepSaid>, documentStatus?: string): Promise<void>;
}

const FINGERPRINT = 'd1f9a4bc-0000-4000-8000-000000000000';

export async function fakeAgent(wire: Wire, activation: object): Promise<FakeAgent> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const PublicKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const registration = { ...activation, Fingerprint: FINGERPRINT, PublicKey, PublicKeyType: 'Rsa' };
  const nobody = { instanceId: '', privateKey, fingerprint: FINGERPRINT };
  const instanceId = String((await wire.ask('RegisterManagedInstance', registration, 'none', nobody)).InstanceId);
  const ask = (operation: string, input: object, proof: Proof = 'credentials') =>
    wire.ask(operation, input, proof, { ...nobody, instanceId });
  const agent: FakeAgent = {
    instanceId,
    ask,
    heartbeat: async () => {
      const told = { AgentName: 'amazon-ssm-agent', AgentVersion: '3.3.0.0', PlatformType: 'Linux', ComputerName: 'f' };
      await ask('UpdateInstanceInformation', { InstanceId: instanceId, ...told });
    },
    poll: async () => {
      const request = { Destination: instanceId, MessagesRequestId: randomUUID(), VisibilityTimeoutInSeconds: 10 };
      const { Messages } = await ask('GetMessages', request);
      return (Messages as { MessageId: string; Topic: string; Payload: string }[]).map((one) => ({
        messageId: one.MessageId,
        topic: one.Topic,
        payload: JSON.parse(one.Payload),
      }));
    },
    acknowledge: async (MessageId) => {
      await ask('AcknowledgeMessage', { MessageId });
    },
    reply: async (MessageId, documentStatus, steps, at = 0) => {
      const Payload = JSON.stringify(replyOf(documentStatus, steps, at));
      await ask('SendReply', { MessageId, ReplyId: randomUUID(), Payload });
    },
    run: async ({ messageId }, steps, documentStatus) => {
      await agent.reply(messageId, 'InProgress', {});
      await agent.acknowledge(messageId);
      for (const [index, [name, said]] of Object.entries(steps).entries())
        await agent.reply(messageId, 'InProgress', { [name]: said }, index + 1);
      const worst = Object.values(steps).find(({ status = 'Success' }) => !['Success', 'Skipped'].includes(status));
      await agent.reply(messageId, documentStatus ?? worst?.status ?? 'Success', {}, 99);
    },
  };
  return agent;
}

function replyOf(documentStatus: string, steps: Record<string, StepSaid>, at: number) {
  const time = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const runtimeStatus = Object.fromEntries(
    Object.entries(steps).map(([name, said]) => [
      name,
      {
        status: said.status ?? 'Success',
        code: said.code ?? 0,
        name: said.plugin ?? 'aws:runShellScript',
        output: said.output ?? said.out ?? '',
        standardOutput: said.out ?? '',
        standardError: said.err ?? '',
        startDateTime: time(at),
        endDateTime: time(at + 1),
      },
    ]),
  );
  const additionalInfo = { dateTime: time(at), runId: '', runtimeStatusCounts: {} };
  return { additionalInfo, documentStatus, documentTraceOutput: '', runtimeStatus };
}

/** Straight to the operations, as the gateway would call them after it has verified the proof. */
export function directWire(operations: Operations, db: Database, now: () => Date): Wire {
  return {
    ask: (operation, input, proof, { instanceId }) => {
      const account = '000000000000';
      const accessKeyId = proof === 'key' ? instanceId : 'ASIATEST';
      const principal: Call['principal'] = { account, role: 'node', accessKeyId, instanceId, arn: instanceId };
      const given = proof === 'none' ? {} : { principal };
      return invoke(operations, operation, fakeCall(db, { now: now(), ...given }), input);
    },
  };
}
