import { readParameters } from './parameters.ts';
import { isStorable, MAX_DOCUMENT_BYTES, readContent } from './read-content.ts';
import { readMainSteps, readRuntimeConfig } from './steps.ts';
import {
  accepted,
  type DocumentFormat,
  isObject,
  type JsonObject,
  type Outcome,
  refused,
  type SsmDocument,
} from './types.ts';

/** The schema versions of each type that has a schema of Systems Manager; the contents of the others are their own. */
const SCHEMAS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Command', ['1.2', '2.0', '2.2']],
  ['Policy', ['2.0', '2.2']],
  ['Automation', ['0.3']],
  ['Automation.ChangeTemplate', ['0.3']],
  ['Session', ['1.0']],
]);

/** What the store keeps of any document beside its text. */
export interface DocumentOutline {
  readonly schemaVersion: string | null;
  readonly description: string | null;
  /** Null for the text of a calendar. */
  readonly content: JsonObject | null;
  /** Null for a document of a type that is not run by Run Command. */
  readonly document: SsmDocument | null;
}

/**
 * Reads a document of any type, checked as far as the schema of its type says: Command and Policy in full, Automation
 * and Session their schema version, their parameters and that their steps or inputs are there, the others only that
 * they are JSON or YAML. Never throws. A type that is null is told from the schema where that is possible.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 */
export function readDocument(text: string, format: DocumentFormat, type: string | null): Outcome<DocumentOutline> {
  if (byteLength(text) > MAX_DOCUMENT_BYTES)
    return refused('The size limit of a document is 64 KB.', 'MaxDocumentSizeExceeded');
  const hasSchema = type === null || SCHEMAS.has(type);
  if (format === 'TEXT') {
    if (hasSchema) return refused('The document format TEXT is not valid for this document type.');
    if (!isStorable(text)) return refused('The content has a NUL character or half of a surrogate pair.');
    return accepted({ schemaVersion: null, description: null, content: null, document: null });
  }
  const read = readContent(text, format);
  if (!read.ok) return read;
  if (!isObject(read.value)) return refused('The content of a document is a map.');
  const content = read.value;
  const schemaVersion = versionOf(content);
  const description = typeof content.description === 'string' ? content.description : null;
  if (!hasSchema) return accepted({ schemaVersion, description, content, document: null });
  if (schemaVersion === null) return refused('Document schema version is required.');
  if (type === null && schemaVersion !== '1.2')
    return refused(`Document type is required for schema version ${schemaVersion}`, 'InvalidDocumentSchemaVersion');
  const kind = type ?? 'Command';
  if (!SCHEMAS.get(kind)?.includes(schemaVersion))
    return refused(`Document schema version is invalid. Value: ${schemaVersion}`);
  if (kind !== 'Command' && kind !== 'Policy') return otherSchema(kind, schemaVersion, content);
  const document = commandDocument(content, schemaVersion);
  return document.ok ? accepted({ schemaVersion, description, content, document: document.value }) : document;
}

/** A document of Run Command, that is of type Command or Policy. Never throws. */
export function parseDocument(text: string, format: 'JSON' | 'YAML'): Outcome<SsmDocument> {
  const read = readDocument(text, format, 'Command');
  if (!read.ok) return read;
  return read.value.document === null
    ? refused('The document is not one of Run Command.')
    : accepted(read.value.document);
}

function commandDocument(content: JsonObject, schemaVersion: string): Outcome<SsmDocument> {
  const { description = null } = content;
  if (description !== null && typeof description !== 'string') return refused('The description is not a text.');
  const parameters = readParameters(content.parameters);
  if (!parameters.ok) return parameters;
  const isOld = schemaVersion === '1.2';
  const foreign = isOld ? 'mainSteps' : 'runtimeConfig';
  if (Object.hasOwn(content, foreign)) return refused(`Schema version ${schemaVersion} does not know ${foreign}.`);
  const steps = isOld ? readRuntimeConfig(content.runtimeConfig) : readMainSteps(content.mainSteps, schemaVersion);
  if (!steps.ok) return steps;
  return accepted({ schemaVersion, description, parameters: parameters.value, steps: steps.value, content });
}

/** Documents that only the store knows. */
function otherSchema(type: string, schemaVersion: string, content: JsonObject): Outcome<DocumentOutline> {
  const { description = null } = content;
  if (description !== null && typeof description !== 'string') return refused('The description is not a text.');
  const parameters = type === 'Session' ? readParameters(content.parameters) : accepted([]);
  if (!parameters.ok) return parameters;
  if (type === 'Session' ? !isObject(content.inputs) && !isObject(content.properties) : !hasSteps(content))
    return refused(type === 'Session' ? 'A session document needs inputs.' : 'The document needs mainSteps.');
  return accepted({ schemaVersion, description, content, document: null });
}

function hasSteps(content: JsonObject): boolean {
  const steps = content.mainSteps;
  return Array.isArray(steps) && steps.length > 0;
}

function versionOf(content: JsonObject): string | null {
  const written = content.schemaVersion;
  // YAML without quotes makes a number of it.
  return typeof written === 'string' || typeof written === 'number' ? String(written) : null;
}

/** In UTF-8, as it goes over the wire. */
function byteLength(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
