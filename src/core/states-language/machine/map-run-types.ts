import type { Json } from '../json.ts';

/** What a distributed Map's scope knows of its run. */
export interface MapRunState {
  readonly arn: string;
  /** `read` and `write`: the scope waits for the task that does so; `run`: for the children. */
  readonly step: 'read' | 'run' | 'write';
  /** While results are written: why the run failed; null where it did not. */
  readonly failure: { readonly error: string; readonly cause: string } | null;
  /** A redrive goes on with its children, where a run that never had any begins anew. */
  readonly isRedrivable: boolean;
}

/** The input of one child execution, as JSON text, and the items in it: several where they are batched. */
export interface ChildInput {
  readonly input: string;
  readonly items: number;
}

export type ItemFormat = 'JSON' | 'JSONL' | 'CSV' | 'MANIFEST';

/** Where the items of a map run are read from. */
export type ReaderPlan =
  | {
      readonly action: 'getObject';
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string | null;
      readonly format: ItemFormat;
      /** Where in the document the items are (RFC 6901); null: the document itself. */
      readonly pointer: string | null;
      /** Of CSV: the names of the columns; null: the first row has them. */
      readonly headers: readonly string[] | null;
      readonly delimiter: string;
      /** 0: all. */
      readonly maxItems: number;
    }
  | { readonly action: 'listObjectsV2'; readonly bucket: string; readonly prefix: string; readonly maxItems: number };

export type Transformation = 'NONE' | 'COMPACT' | 'FLATTEN';

/** How results are given on; in S3 where `bucket` is there. */
export interface WriterPlan {
  readonly bucket: string | null;
  readonly prefix: string;
  readonly outputType: 'JSON' | 'JSONL';
  readonly transformation: Transformation;
}

/** What a map run does, fixed when it starts. */
export interface MapRunPlan {
  /** The machine of the program that the children run. */
  readonly machine: number;
  readonly isExpress: boolean;
  /** 0 for no limit. */
  readonly concurrency: number;
  /** Items that may fail: by number, and by share of all in percent. 0 and 0: none. */
  readonly toleratedCount: number;
  readonly toleratedPercentage: number;
  readonly reader: ReaderPlan | null;
  readonly writer: WriterPlan | null;
}

export type MapRunChange =
  | {
      readonly type: 'start';
      readonly arn: string;
      readonly label: string;
      readonly scope: string;
      readonly plan: MapRunPlan;
      /** null: they are read first. */
      readonly inputs: readonly ChildInput[] | null;
    }
  /** Its items are there: children begin. */
  | { readonly type: 'run'; readonly arn: string }
  /** Its children have ended, and their results are written. */
  | { readonly type: 'write'; readonly arn: string }
  | { readonly type: 'redrive'; readonly arn: string }
  | { readonly type: 'end'; readonly arn: string; readonly status: 'SUCCEEDED' | 'FAILED' | 'ABORTED' };

/** The input of the tasks that read items and write results; their resources name them. */
export const READ_ITEMS = 'kintsugi:map-run-read';
export const WRITE_RESULTS = 'kintsugi:map-run-write';
export type MapRunTaskInput = { readonly mapRun: string; readonly failed: boolean } & { readonly [key: string]: Json };
