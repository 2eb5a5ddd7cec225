import { AwsError } from '../../core/aws-error.ts';
import type { Shape } from './model.ts';

const JAVA_NAMES = {
  string: 'a String',
  integer: 'an Integer',
  long: 'a Long',
  float: 'a Float',
  double: 'a Double',
  boolean: 'a Boolean',
  timestamp: 'a Timestamp',
  blob: 'a Blob',
} as const;

export function serializationError(message: string): AwsError {
  return new AwsError('SerializationException', message);
}

/**
 * A JSON scalar as the value of its shape: a timestamp (epoch seconds, or ISO 8601) as `Date`, a blob (base64) as
 * `Buffer`. Throws SerializationException where the JSON is of another type.
 */
export function readScalar(shape: Shape, value: unknown): string | number | boolean | Date | Buffer {
  const { type } = shape;
  if (type === 'list' || type === 'map' || type === 'structure') throw serializationError('Unexpected value type');
  const read = convert(type, value);
  if (read !== undefined) return read;
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected');
  if (typeof value === 'object') throw serializationError('Start of structure or map found where not expected');
  throw serializationError(`${jsonType(value)} can not be converted to ${JAVA_NAMES[type]}`);
}

function convert(type: keyof typeof JAVA_NAMES, value: unknown): string | number | boolean | Date | Buffer | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
      return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31 - 1 ? (value as number) : undefined;
    case 'long':
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case 'float':
    case 'double':
      return typeof value === 'number' ? value : undefined;
    case 'timestamp':
      return readTimestamp(value);
    case 'blob':
      return typeof value === 'string' ? readBase64(value) : undefined;
  }
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
/** Years 1 to 9999: what every client and PostgreSQL can hold. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function readTimestamp(value: unknown): Date | undefined {
  const isText = typeof value === 'string' && ISO.test(value);
  const time = typeof value === 'number' ? Math.round(value * 1000) : isText ? Date.parse(value) : Number.NaN;
  return time >= EARLIEST && time <= LATEST ? new Date(time) : undefined;
}

function readBase64(value: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 === 1) {
    throw serializationError('Blob value is not base64');
  }
  return Buffer.from(value, 'base64');
}

function jsonType(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  if (typeof value === 'string') return 'STRING_VALUE';
  return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
}
