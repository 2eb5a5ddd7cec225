import { platformsOf } from './actions.ts';
import { isObject, type Json, type JsonObject, PLATFORMS, type Platform, type SsmDocument } from './types.ts';

/** A parameter as DescribeDocument tells it. */
export interface ParameterSummary {
  readonly Name: string;
  readonly Type: string;
  readonly Description?: string;
  readonly DefaultValue?: string;
}

/** Of any document with a `parameters` map, also of types that are not run here. */
export function parameterSummaries(content: JsonObject | null): ParameterSummary[] {
  const parameters = content?.parameters;
  if (!isObject(parameters)) return [];
  return Object.entries(parameters).flatMap(([Name, written]) => {
    if (!isObject(written) || typeof written.type !== 'string') return [];
    const { type: Type, description, default: value } = written;
    const Description = typeof description === 'string' ? { Description: description } : {};
    const DefaultValue = value === undefined || value === null ? {} : { DefaultValue: defaultText(value) };
    return [{ Name, Type: Type as string, ...Description, ...DefaultValue }];
  });
}

function defaultText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * The platforms that a document has something to do on: of each step the one that its precondition names, else those
 * of its action. Documents that are not run by an agent are for all.
 */
export function platformTypes(document: SsmDocument | null): Platform[] {
  if (document === null) return [...PLATFORMS];
  const found = new Set(
    document.steps.flatMap(({ action, precondition }) => named(precondition) ?? platformsOf(action)),
  );
  return PLATFORMS.filter((platform) => found.has(platform));
}

function named(precondition: SsmDocument['steps'][number]['precondition']): readonly Platform[] | null {
  const sides = precondition?.stringEquals ?? [];
  if (!sides.some((side) => /^(?:\{\{\s*)?platformType(?:\s*\}\})?$/.test(side))) return null;
  return PLATFORMS.filter((platform) => (sides as readonly string[]).includes(platform));
}
