import type { Json } from '../json.ts';

/** What an expression can see. */
export interface Scope {
  /** `$` of JSONPath, `$states.input` of JSONata; for a ResultSelector or OutputPath, what is current there. */
  readonly input: Json;
  /** The context object: `$$` of JSONPath, `$states.context` of JSONata. */
  readonly context: Json;
  /** The variables of this scope and its outer ones by name, without the `$`. */
  readonly variables: Readonly<Record<string, Json>>;
  /** `$states.result` of JSONata, in the fields where it exists. */
  readonly result?: Json;
  /** `$states.errorOutput` of JSONata, in the fields where it exists. */
  readonly errorOutput?: Json;
}

/** An evaluation that failed, by AWS's error name and text; the text does not yet name the state. */
export interface Failure {
  readonly ok: false;
  /** Such as `States.Runtime`, `States.ParameterPathFailure`, `States.QueryEvaluationError`. */
  readonly error: string;
  readonly cause: string;
  /** The field that the `EvaluationFailed` event of a JSONata state names, such as `Output/result`. */
  readonly location?: string;
}

export type Evaluated<T = Json> = { readonly ok: true; readonly value: T } | Failure;

/** Numbers in [0, 1), as `Math.random`. UUIDs are drawn from it too: for real work it must be unpredictable. */
export type Random = () => number;

/** What a JSONata expression takes from outside of its scope. */
export interface JsonataOptions {
  /** The field that holds the value, such as `Output`, `Arguments`, `Items`: texts name it and what lies below it. */
  readonly field: string;
  readonly random: Random;
  /** What `$now()` and `$millis()` say. */
  readonly now: Date;
  /** The type that the value as a whole must come to; any where absent. */
  readonly expected?: JsonataType;
}

export type JsonataType = 'array' | 'object' | 'string' | 'number' | 'integer' | 'boolean';
