import type { GroupMock, Handler, InspectedField, Trial } from '../../../core/states-language/machine/trial.ts';
import type { Plan } from './read-plan.ts';

/** A failure of the state that one of its retriers or catchers took. */
export interface Handled {
  readonly error: string | null;
  readonly cause: string | null;
  readonly handler: NonNullable<Handler>;
}

/** What is heard of a state while it is tried. */
export interface Heard {
  readonly trial: Trial;
  readonly values: Partial<Record<InspectedField | 'result', string>>;
  readonly limits: Record<string, number>;
  handled(): Handled | null;
}

export function listen({ context, mock, failures }: Pick<Plan, 'context' | 'mock' | 'failures'>): Heard {
  const values: Heard['values'] = {};
  const limits: Record<string, number> = {};
  let handled: Handled | null = null;
  const group: GroupMock | null = mock === null ? null : { ...mock, failures };
  const trial: Trial = {
    context,
    group,
    value: (field, text) => {
      values[field] = text;
    },
    opened: ({ kind, concurrency, toleratedCount, toleratedPercentage }) => {
      if (kind !== 'map') return;
      limits.maxConcurrency = concurrency;
      if (toleratedCount !== null) limits.toleratedFailureCount = toleratedCount;
      if (toleratedPercentage !== null) limits.toleratedFailurePercentage = toleratedPercentage;
    },
    failed: (error, cause, handler) => {
      if (handler !== null) handled = { error, cause, handler };
    },
  };
  return { trial, values, limits, handled: () => handled };
}
