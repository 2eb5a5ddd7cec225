import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';

/** Text that a node may send: bounded, and such that PostgreSQL takes it (no NUL, no half of a surrogate pair). */
export function text(most: number) {
  return z
    .string()
    .max(most)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must be text');
}

/**
 * Checks the input of an operation of the agent's protocol, which AWS's public model does not have. Throws
 * ValidationException that names the first member that is wrong.
 */
export function checked<T>(shape: z.ZodType<T>, input: unknown): T {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') || 'input';
  throw new AwsError('ValidationException', `1 validation error detected: ${path}: ${issue?.message ?? 'not valid'}`);
}
