import type { Json } from '../json.ts';

/** The values between the fields of a state, by the names of TestState's inspectionData. */
export type InspectedField =
  | 'afterInputPath'
  | 'afterParameters'
  | 'afterArguments'
  | 'afterItemsPath'
  | 'afterItemSelector'
  | 'afterItemBatcher'
  | 'afterResultSelector'
  | 'afterResultPath';

/** Which of a state's retriers or catchers took a failure. */
export type Handler =
  | { readonly retryIndex: number; readonly backoffSeconds: number }
  | { readonly catchIndex: number }
  | null;

/** What is said instead of the branches or iterations of a Parallel or Map. */
export type GroupMock =
  | { readonly result: string; readonly failures: number }
  | { readonly error: string | null; readonly cause: string | null; readonly failures: number };

/** What a Parallel or Map has come to before its first branch or iteration. */
export interface GroupLimits {
  readonly kind: 'parallel' | 'map';
  readonly total: number;
  readonly concurrency: number;
  readonly toleratedCount: number | null;
  readonly toleratedPercentage: number | null;
}

/** A state that is tried alone: what is given in place of an execution's own, and who hears of the steps within it. */
export interface Trial {
  /** The whole context object; null for that of the execution. */
  readonly context: { readonly [key: string]: Json } | null;
  readonly group: GroupMock | null;
  /** JSON text. */
  value(field: InspectedField, text: string): void;
  opened(group: GroupLimits): void;
  failed(error: string | null, cause: string | null, handler: Handler): void;
}
