import type { Knowledge } from '../advisories/types.ts';
import type { AvailableUpdate, Inventory } from './inventory.ts';
import type { CompiledBaseline } from './judge.ts';
import type { PatchResult } from './types.ts';

/** Packages that an install of ours just tried: names with architecture, as `name:arch`, to the message of the failure. */
export type FailedInstalls = ReadonlyMap<string, string>;

export interface EvaluateOptions {
  /** When this installation first saw a version; answers an ISO 8601 date or null. */
  readonly firstSeen: (update: AvailableUpdate) => string | null;
  /** Only after an install: what is still missing then has failed. */
  readonly failed?: FailedInstalls;
  /**
   * The moment at which approvals are judged, of a snapshot that was frozen then: by what was known then, and of no
   * version that cannot be told to have been published by then. Absent: now.
   */
  readonly frozenAt?: Date;
  /** Only after an install by a list: what the list brought in though the baseline had not approved it, as `name:arch`. */
  readonly broughtByList?: ReadonlySet<string>;
}

/** What the evaluation of one inventory works with. */
export interface Context {
  readonly inventory: Inventory;
  readonly knowledge: Knowledge;
  /** What approvals are judged by: the same, or what was known at `frozenAt`. */
  readonly approving: Knowledge;
  readonly compiled: CompiledBaseline;
  readonly now: Date;
  readonly options: EvaluateOptions;
  readonly pending: ReadonlySet<string>;
  /** Results of updates by everything that they depend on, for the targets to come. */
  readonly judged: Map<string, PatchResult>;
}

/** A package among all of a target: `name:arch`. */
export function identity(one: { readonly name: string; readonly architecture: string }): string {
  return `${one.name}:${one.architecture}`;
}
