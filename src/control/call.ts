import type { Database } from '../store/database.ts';

export const ROLES = ['admin', 'operator', 'viewer', 'node'] as const;
/** `operator` may do everything but manage keys and accounts; `viewer` only reads; `node` acts for one node alone. */
export type Role = (typeof ROLES)[number];

/** Who calls, as the signature proved it. */
export interface Principal {
  readonly account: string;
  readonly role: Role;
  /** null for the anonymous calls that a node registers with. */
  readonly accessKeyId: string | null;
  /** The node that the credentials were given to; null for people and programs. */
  readonly instanceId: string | null;
  readonly arn: string;
}

/** Everything that an operation may know of the call beside its input. */
export interface Call {
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly now: Date;
  /** For an operation that changes something: the transaction that its audit entry is part of. */
  readonly db: Database;
  /** Aborted when the caller has gone; only long polls need it. */
  readonly signal?: AbortSignal;
  /** Of an operation that runs outside of a transaction: records the call; to be called once, before anything is done. */
  readonly recorded?: () => Promise<void>;
}

/**
 * One operation of an AWS service: input checked against the service's constraints, output as the service's shape with
 * `Date` for timestamps and `Buffer` for blobs. Throws AwsError.
 */
export type Operation<Input = Record<string, unknown>, Output = object> = (call: Call, input: Input) => Promise<Output>;
export type Operations = Readonly<Record<string, Operation<never, object>>>;
