import type { Json } from '../json.ts';

/** One event of GetExecutionHistory, its details under AWS's own member name. Payloads in it are JSON texts. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestamp: Date;
  /** `[member, details]`, such as `['stateEnteredEventDetails', {…}]`; null for a type that has none. */
  readonly details: readonly [string, { readonly [key: string]: Json }] | null;
}

const WHOLE = { truncated: false };

/** A payload as details show it: `input` with `inputDetails`, `output` with `outputDetails`. */
export function payload(field: 'input' | 'output', text: string): { readonly [key: string]: Json } {
  return { [field]: text, [`${field}Details`]: WHOLE };
}

/** `error` and `cause`, each only where it is there. */
export function failureDetails(error: string | null, cause: string | null): { readonly [key: string]: Json } {
  return { ...(error === null ? {} : { error }), ...(cause === null ? {} : { cause }) };
}

export function assignedDetails(assigned: Readonly<Record<string, Json>> | null): { readonly [key: string]: Json } {
  if (assigned === null) return {};
  const texts = Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)]);
  return { assignedVariables: Object.fromEntries(texts), assignedVariablesDetails: WHOLE };
}
