import type {
  GetParameterHistoryRequest,
  GetParameterHistoryResult,
  GetParameterRequest,
  GetParameterResult,
  GetParametersRequest,
  GetParametersResult,
  Parameter,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, gt } from 'drizzle-orm';
import { parameterVersion } from '../../store/schema/parameters.ts';
import type { Sealer } from '../../store/sealer.ts';
import type { Call } from '../call.ts';
import { page } from '../paging.ts';
import { findVersion, labelsOf, notFound, requireVersion } from './find.ts';
import { readReference } from './names.ts';
import { shownHistory, shownParameter } from './show.ts';

/** Throws ParameterNotFound or ParameterVersionNotFound. */
export async function getParameter(
  sealer: Sealer,
  call: Call,
  { Name = '', WithDecryption = false }: GetParameterRequest,
): Promise<GetParameterResult> {
  const reference = readReference(call, Name);
  const version = await requireVersion(call, Name, reference);
  const how = { isDecrypted: WithDecryption, selector: reference?.selector ?? '' };
  return { Parameter: shownParameter(call, sealer, version, how) };
}

/** What is not there, a missing version among it, is listed and no error. */
export async function getParameters(
  sealer: Sealer,
  call: Call,
  { Names = [], WithDecryption = false }: GetParametersRequest,
): Promise<GetParametersResult> {
  const Parameters: Parameter[] = [];
  const InvalidParameters: string[] = [];
  for (const name of new Set(Names)) {
    const reference = readReference(call, name);
    const version = reference === null ? null : await findVersion(call, reference);
    if (reference === null || version === null) {
      InvalidParameters.push(name);
      continue;
    }
    const how = { isDecrypted: WithDecryption, selector: reference.selector };
    Parameters.push(shownParameter(call, sealer, version, how));
  }
  return { Parameters, InvalidParameters };
}

/** All kept versions, the oldest first. Throws ParameterNotFound. */
export async function getParameterHistory(
  sealer: Sealer,
  call: Call,
  input: GetParameterHistoryRequest,
): Promise<GetParameterHistoryResult> {
  const { Name = '', WithDecryption = false } = input;
  const reference = readReference(call, Name);
  if (reference === null || reference.selector !== '') throw notFound(Name);
  const { name } = await requireVersion(call, Name, reference);
  const labels = await labelsOf(call.db, call.account, name);
  const paging = { list: `GetParameterHistory ${name}`, size: 50, keyOf: keyOfVersion };
  const { items, NextToken } = await page(call, input, paging, async (after, limit) =>
    call.db
      .select()
      .from(parameterVersion)
      .where(
        and(
          eq(parameterVersion.account, call.account),
          eq(parameterVersion.name, name),
          gt(parameterVersion.version, Number(after?.[0] ?? 0)),
        ),
      )
      .orderBy(asc(parameterVersion.version))
      .limit(limit),
  );
  const Parameters = items.map((version) =>
    shownHistory(sealer, version, { isDecrypted: WithDecryption, labels: labels.get(version.version) ?? [] }),
  );
  return { Parameters, ...(NextToken === undefined ? {} : { NextToken }) };
}

function keyOfVersion({ version }: { version: number }): [number] {
  return [version];
}
