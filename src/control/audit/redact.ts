import { createHash } from 'node:crypto';

export const REDACTED = '***';

/** Members that are secret by name wherever they stand, whatever the model says of them. */
const SECRET_MEMBERS = new Set([
  'ActivationCode',
  'Configuration',
  'Password',
  'SecretAccessKey',
  'SessionToken',
  'TokenValue',
]);

const LONGEST_STRING = 1024;
const LONGEST_INPUT = 32_768;

/**
 * An input as the audit log keeps it: plain JSON without secrets, long texts as their SHA-256 and length, and an input
 * that is still large as one such note. What cannot stand in jsonb (U+0000, lone surrogates) is replaced.
 */
export function redact(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const redacted = plain(input) as Record<string, unknown>;
  const text = JSON.stringify(redacted);
  return text.length > LONGEST_INPUT ? { omitted: noteOf(text) } : redacted;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST_STRING ? noteOf(value) : storable(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [storable(name), SECRET_MEMBERS.has(name) ? REDACTED : plain(one)]),
  );
}

function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function noteOf(text: string): string {
  return `(${text.length} characters, SHA-256 ${createHash('sha256').update(text).digest('hex')})`;
}
