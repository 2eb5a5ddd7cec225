import { isStorable } from './read-content.ts';
import type { Json } from './types.ts';

/** A parameter of Parameter Store as a document refers to it. */
export interface StoredParameter {
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly value: string;
}

/** Looks parameters up by `name` or `name:version`; those that are not there are absent from the answer. */
export type Lookup = (names: readonly string[]) => Promise<ReadonlyMap<string, StoredParameter>>;

const REFERENCE = /\{\{\s*ssm:([A-Za-z0-9_.\-/]{1,1011}(?::\d{1,18})?)\s*\}\}/g;
const WHOLE = /^\{\{\s*ssm:([A-Za-z0-9_.\-/]{1,1011}(?::\d{1,18})?)\s*\}\}$/;
const MAX_REFERENCES = 100;

/** Every text in a value, keys of maps left out. */
function textsOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item: Json) => textsOf(item));
}

export function hasReference(value: Json): boolean {
  return referencesIn(value).length > 0;
}

/** The names of Parameter Store that a value refers to as `{{ssm:name}}`, each once. */
export function referencesIn(value: Json): string[] {
  const found = textsOf(value).flatMap((text) => [...text.matchAll(REFERENCE)].map(([, name = '']) => name));
  return [...new Set(found)];
}

/**
 * `values` with every `{{ssm:name}}` replaced, or a text that says why not. A StringList that stands alone in a list
 * becomes its items. SecureString is refused as in AWS: its value would show in the command.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ssm-document-references.html
 */
export async function expandReferences(
  values: ReadonlyMap<string, Json>,
  lookup: Lookup,
): Promise<ReadonlyMap<string, Json> | string> {
  const names = [...new Set([...values.values()].flatMap(referencesIn))];
  if (names.length === 0) return values;
  if (names.length > MAX_REFERENCES)
    return `A command refers to at most ${MAX_REFERENCES} parameters of Parameter Store.`;
  const found = await lookup(names);
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) return `Parameters of Parameter Store were not found: [${missing.join(', ')}].`;
  const secret = names.filter((name) => found.get(name)?.type === 'SecureString');
  if (secret.length > 0) return `Parameters of type SecureString cannot be used in a document: [${secret.join(', ')}].`;
  const spoilt = names.filter((name) => !isStorable(found.get(name)?.value ?? ''));
  if (spoilt.length > 0) return `Parameters of Parameter Store hold what no command can: [${spoilt.join(', ')}].`;
  return new Map([...values].map(([name, value]) => [name, expand(value, found)]));
}

function expand(value: Json, found: ReadonlyMap<string, StoredParameter>): Json {
  if (typeof value === 'string') return value.replace(REFERENCE, (_all, name: string) => found.get(name)?.value ?? '');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.flatMap((item: Json) => expandItem(item, found));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, found)]));
}

function expandItem(item: Json, found: ReadonlyMap<string, StoredParameter>): Json[] {
  const name = typeof item === 'string' ? WHOLE.exec(item)?.[1] : undefined;
  const whole = name === undefined ? undefined : found.get(name);
  return whole?.type === 'StringList' ? whole.value.split(',') : [expand(item, found)];
}
