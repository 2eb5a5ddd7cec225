export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const DOCUMENT_FORMATS = ['JSON', 'YAML', 'TEXT'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

export const PLATFORMS = ['Windows', 'Linux', 'MacOS'] as const;
export type Platform = (typeof PLATFORMS)[number];

export const PARAMETER_TYPES = ['String', 'StringList', 'Boolean', 'Integer', 'MapList', 'StringMap'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** One entry of a document's `parameters`; what the document does not say is null. */
export interface ParameterDefinition {
  readonly name: string;
  readonly type: ParameterType;
  readonly description: string | null;
  /** Of the parameter's own type, as the document writes it. */
  readonly defaultValue: Json;
  readonly allowedValues: readonly Json[] | null;
  /** A regular expression for the whole of a text; Java's in AWS, so rarely one that JavaScript does not know. */
  readonly allowedPattern: string | null;
  readonly minItems: number | null;
  readonly maxItems: number | null;
  readonly minChars: number | null;
  readonly maxChars: number | null;
}

/** Both sides as written: `platformType`, a text, or a reference such as `{{ Operation }}`. They have to be equal. */
export interface Precondition {
  readonly stringEquals: readonly [string, string];
}

export interface Step {
  readonly action: string;
  readonly name: string;
  readonly inputs: JsonObject;
  readonly precondition: Precondition | null;
  /** As written, in the inputs or beside them; null where the agent's default holds. */
  readonly timeoutSeconds: Json;
  /** What a failure or a success of the step means for those after it; null: they go on. */
  readonly onFailure: 'exit' | 'successAndExit' | null;
  readonly onSuccess: 'exit' | null;
  /** Runs whatever became of the steps before it. */
  readonly isFinally: boolean;
  readonly isEnd: boolean;
  readonly nextStep: string | null;
}

/** A document that can be run: the schemas 1.2, 2.0 and 2.2. */
export interface SsmDocument {
  readonly schemaVersion: string;
  readonly description: string | null;
  readonly parameters: readonly ParameterDefinition[];
  /** Of schema 1.2 each plug-in of `runtimeConfig`, named after itself as in the agent's replies. */
  readonly steps: readonly Step[];
  /** All of it as it was written. */
  readonly content: JsonObject;
}

/** Why a document is refused: an error of the API with its text. */
export interface DocumentFault {
  readonly code: 'InvalidDocumentContent' | 'InvalidDocumentSchemaVersion' | 'MaxDocumentSizeExceeded';
  readonly message: string;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: DocumentFault };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function accepted<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refused(
  message: string,
  code: DocumentFault['code'] = 'InvalidDocumentContent',
): { readonly ok: false; readonly fault: DocumentFault } {
  return { ok: false, fault: { code, message } };
}
