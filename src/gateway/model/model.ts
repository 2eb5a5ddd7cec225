/**
 * What the gateway knows of a service's requests and answers: shapes with their constraints. Members name shapes of the
 * same table; the shapes' names are AWS's own, as its error texts show them.
 */
export interface Model {
  readonly operations: Readonly<Record<string, OperationShape>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly errors: Readonly<Record<string, ErrorShape>>;
}

export interface OperationShape {
  /** Absent where an operation takes or answers nothing but `{}`. */
  readonly input?: string;
  readonly output?: string;
}

export interface ErrorShape {
  /** The member that carries the text, in its own casing; some shapes have none. */
  readonly message?: 'message' | 'Message';
  readonly status?: number;
}

interface Sensitive {
  /** Never shown in errors, logs or the audit log. */
  readonly sensitive?: true;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export interface StringShape extends Sensitive, Bounds {
  readonly type: 'string';
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

export interface NumberShape extends Sensitive, Bounds {
  readonly type: 'integer' | 'long' | 'float' | 'double';
}

export interface PlainShape extends Sensitive {
  readonly type: 'boolean' | 'timestamp';
}

export interface BlobShape extends Sensitive, Bounds {
  readonly type: 'blob';
}

export interface ListShape extends Sensitive, Bounds {
  readonly type: 'list';
  readonly member: string;
}

export interface MapShape extends Sensitive, Bounds {
  readonly type: 'map';
  readonly key: string;
  readonly value: string;
}

export interface StructureShape extends Sensitive {
  readonly type: 'structure';
  readonly members: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  /** The member that a client fills with a token of its own, so that a repeated call is recognised. */
  readonly token?: string;
  /** Exactly one member is set. */
  readonly union?: true;
}

export type Shape = StringShape | NumberShape | PlainShape | BlobShape | ListShape | MapShape | StructureShape;
