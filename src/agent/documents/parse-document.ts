import { isObject } from '../wire.ts';
import { parameterValues, substitute } from './parameters.ts';

/** A step as it will run: its parameters are filled in. */
export interface Step {
  readonly name: string;
  /** Such as `aws:runShellScript`. */
  readonly action: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Operator to operands, such as `{ StringEquals: ['platformType', 'Linux'] }`; null where there is none. */
  readonly precondition: Readonly<Record<string, unknown>> | null;
}

export type ParsedDocument =
  | { readonly ok: true; readonly steps: readonly Step[] }
  | { readonly ok: false; readonly problem: string };

/** Names are keys of replies and parts of paths on servers that store outputs. */
const STEP_NAME = /^[A-Za-z0-9_\-.:]{1,128}$/;
const MOST_STEPS = 5000;

/**
 * Reads a command document of schema 2.0 or 2.2.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 */
export function parseDocument(content: unknown, sentParameters: unknown): ParsedDocument {
  if (!isObject(content)) return { ok: false, problem: 'the message has no document' };
  const version = String(content.schemaVersion);
  if (version !== '2.2' && version !== '2.0') {
    return {
      ok: false,
      problem: `Document with schema version ${version} is not supported by this version of the agent`,
    };
  }
  if (!Array.isArray(content.mainSteps) || content.mainSteps.length === 0) {
    return { ok: false, problem: 'the document has no mainSteps' };
  }
  if (content.mainSteps.length > MOST_STEPS) return { ok: false, problem: `more than ${MOST_STEPS} steps` };
  const values = parameterValues(content.parameters, sentParameters);
  const steps: Step[] = [];
  for (const [index, raw] of content.mainSteps.entries()) {
    if (!isObject(raw) || typeof raw.action !== 'string')
      return { ok: false, problem: `step ${index + 1} has no action` };
    const name = typeof raw.name === 'string' ? raw.name : '';
    if (!STEP_NAME.test(name)) return { ok: false, problem: `step ${index + 1} has no name that can be used` };
    if (steps.some((step) => step.name === name)) return { ok: false, problem: `two steps have the name ${name}` };
    const inputs = substitute(raw.inputs ?? {}, values);
    const precondition = substitute(raw.precondition ?? null, values);
    steps.push({
      name,
      action: raw.action,
      inputs: isObject(inputs) ? withTimeout(inputs, substitute(raw.timeoutSeconds, values)) : {},
      precondition: isObject(precondition) && Object.keys(precondition).length > 0 ? precondition : null,
    });
  }
  return { ok: true, steps };
}

/** A time-out stands among the inputs, or beside them in the step itself. */
function withTimeout(inputs: Readonly<Record<string, unknown>>, timeoutSeconds: unknown): Record<string, unknown> {
  return timeoutSeconds === undefined ? { ...inputs } : { timeoutSeconds, ...inputs };
}
