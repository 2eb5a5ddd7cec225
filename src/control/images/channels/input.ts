import { z } from 'zod';
import { CHANNELS, isDigest, isFamily } from '../../../core/images/names.ts';

export const family = z
  .string()
  .max(100)
  .refine(isFamily, "a family is named by letters, digits, '_', '.' and '-', 100 at the most, and not 'revoked'");

export const digest = z.string().max(80).refine(isDigest, 'an image is sha256:… with 64 hexadecimal digits, or ami-…');

export const channel = z.enum(CHANNELS);

/** What people write: some lines, without what cannot be stored. */
export const words = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'it has characters that cannot be stored');

/** Of a request that may arrive twice. */
export const clientToken = z.string().regex(/^[A-Za-z0-9_.:#/-]{1,200}$/, 'a token is of letters, digits and _.:#/-');

export const paging = {
  MaxResults: z.int().min(1).max(1000).optional(),
  NextToken: z.string().max(4096).optional(),
};
