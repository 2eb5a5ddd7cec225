import type { PatternTest } from './pattern.ts';
import { isStorable, readContent } from './read-content.ts';
import { expandReferences, type Lookup } from './references.ts';
import type { Json, ParameterDefinition, SsmDocument } from './types.ts';
import { valueFault } from './value.ts';

/** Values by the name of the parameter, each of its parameter's own type, in the order of the document. */
export type ParameterValues = ReadonlyMap<string, Json>;

/** What a command gives: each value a list of texts, a single one for everything but StringList. */
export type GivenParameters = Readonly<Record<string, readonly string[] | undefined>>;

export type Resolution =
  | { readonly ok: true; readonly values: ParameterValues }
  | { readonly ok: false; readonly code: 'InvalidParameters'; readonly message: string };

export interface Resolving {
  /** The document's name, for the errors. */
  readonly name: string;
  readonly matches: PatternTest;
  readonly lookup: Lookup;
}

/**
 * The values that a run of a document has: those given and the defaults of the others, references to Parameter Store
 * replaced, each checked against its definition. A parameter without default has to be given. Never throws, but for
 * what `lookup` throws.
 */
export async function resolveParameters(
  document: Pick<SsmDocument, 'parameters'>,
  given: GivenParameters,
  { name, matches, lookup }: Resolving,
): Promise<Resolution> {
  const known = new Set(document.parameters.map((definition) => definition.name));
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown !== undefined) {
    const detail = known.size === 0 ? '' : ` ${JSON.stringify(unknown)} is not one of its parameters.`;
    return invalid(`document ${name} does not support parameters.${detail}`);
  }
  const spoilt = Object.keys(given).find((key) => given[key]?.some((text) => !isStorable(text)));
  if (spoilt !== undefined) return invalid(`Parameter "${spoilt}" has a NUL character or half of a surrogate pair.`);
  const written = new Map<string, Json>();
  for (const definition of document.parameters) {
    const texts = Object.hasOwn(given, definition.name) ? given[definition.name] : undefined;
    const value = texts === undefined ? definition.defaultValue : typed(definition, texts);
    if (value === null) return invalid(missingText(definition, texts));
    written.set(definition.name, value);
  }
  const expanded = await expandReferences(written, lookup);
  if (typeof expanded === 'string') return invalid(expanded);
  return checked(document.parameters, expanded, matches);
}

function checked(
  definitions: readonly ParameterDefinition[],
  values: ReadonlyMap<string, Json>,
  matches: PatternTest,
): Resolution {
  const resolved = new Map<string, Json>();
  for (const definition of definitions) {
    const value = values.get(definition.name) ?? '';
    const wrong = valueFault(definition, value, matches);
    if (wrong !== null) return invalid(`Parameter "${definition.name}" is not valid: its value ${wrong}.`);
    resolved.set(definition.name, canonical(definition, value));
  }
  return { ok: true, values: resolved };
}

function invalid(message: string): Resolution {
  return { ok: false, code: 'InvalidParameters', message };
}

function missingText({ name, type }: ParameterDefinition, texts: readonly string[] | undefined): string {
  if (texts === undefined) return `Parameter "${name}" requires a value.`;
  const needs = type === 'MapList' || type === 'StringMap' ? 'takes JSON' : 'takes one value';
  return `Parameter "${name}" of type ${type} ${needs}.`;
}

/** The value that the texts of a command stand for, or null where they stand for none. */
function typed({ type }: ParameterDefinition, texts: readonly string[]): Json {
  if (type === 'StringList') return texts;
  const [only] = texts;
  if (type === 'MapList' && texts.length !== 1) {
    const items = texts.map(json);
    return items.includes(null) ? null : items;
  }
  if (only === undefined || texts.length > 1) return null;
  if (type !== 'MapList' && type !== 'StringMap') return only;
  const value = json(only);
  return type === 'MapList' && value !== null && !Array.isArray(value) ? [value] : value;
}

function json(text: string): Json {
  const read = readContent(text, 'JSON');
  return read.ok ? read.value : null;
}

/** Of the type that the parameter has, whatever the document or the command wrote. */
function canonical({ type }: ParameterDefinition, value: Json): Json {
  if (type === 'Integer') return Number(value);
  if (type === 'Boolean') return String(value).toLowerCase() === 'true';
  if (type === 'String') return String(value);
  if (type === 'StringList' && Array.isArray(value)) return value.map(String);
  return value;
}
