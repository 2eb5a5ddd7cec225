import type { Operations } from '../control/call.ts';
import type { Model } from './model/model.ts';

/** One AWS service that the gateway speaks: what its requests are called and who answers them. */
export interface Service {
  /** The name in a signature's scope: `ssm`, `ec2messages`. */
  readonly name: string;
  /** What stands before the dot of X-Amz-Target: `AmazonSSM`. */
  readonly targetPrefix: string;
  readonly jsonVersion: '1.0' | '1.1';
  /** Shapes and constraints of its operations; an operation without one in the model is not served. */
  readonly model: Model;
  readonly operations: Operations;
  /** Operations that need no signature. */
  readonly anonymous: ReadonlySet<string>;
  /**
   * What a node tells of itself all the time (heartbeats, replies, inventory). From a node these are kept out of the
   * audit log: they record facts, nobody's decisions. From anyone else they are audited as all changes are.
   */
  readonly reports?: ReadonlySet<string>;
  /** Operations that take so long that no transaction is held open for them: they record themselves when they begin. */
  readonly long?: ReadonlySet<string>;
  /** Largest request body in bytes, for operations that may be longer than the gateway's common limit. */
  readonly bodyLimits?: Readonly<Record<string, number>>;
  /** Reads the inputs of a service of our own, in place of a model's shapes. Throws ValidationException. */
  readonly readInput?: (operation: string, value: unknown) => Record<string, unknown>;
}

/** True for an operation that only looks: `viewer` may call it, it gets no transaction and no audit entry. */
export function isRead(operation: string): boolean {
  return /^(?:Get|List|Describe|Validate)/.test(operation);
}
