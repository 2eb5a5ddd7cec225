import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';
import { type PageKey, page } from '../paging.ts';

export interface ListRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/** Pages as the lists of Step Functions have them: 100 rows where `maxResults` is absent or 0. */
export async function listPage<T>(
  call: Call,
  { maxResults, nextToken }: ListRequest,
  { list, keyOf }: { readonly list: string; readonly keyOf: (row: T) => PageKey },
  fetch: (after: PageKey | null, limit: number) => Promise<readonly T[]>,
): Promise<{ items: T[]; nextToken?: string }> {
  const request = { MaxResults: maxResults || undefined, NextToken: nextToken };
  try {
    const { items, NextToken } = await page(call, request, { list, size: 100, keyOf }, fetch);
    return { items, ...(NextToken === undefined ? {} : { nextToken: NextToken }) };
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'InvalidNextToken') throw error;
    throw new AwsError('InvalidToken', `Invalid Token: '${nextToken?.slice(0, 64) ?? ''}'`);
  }
}
