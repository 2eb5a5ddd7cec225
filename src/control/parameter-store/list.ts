import type {
  DescribeParametersRequest,
  DescribeParametersResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  ParameterStringFilter,
  ParametersFilter,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { parameter, parameterLabel, parameterVersion } from '../../store/schema/parameters.ts';
import type { Sealer } from '../../store/sealer.ts';
import type { Call } from '../call.ts';
import { type PageKey, page } from '../paging.ts';
import { BY_PATH_KEYS, conditionsOf, DESCRIBE_KEYS, labelOf, under } from './filters.ts';
import { isAlive, isLatest, ofSameName, type Version, versionColumns } from './find.ts';
import { checkPath } from './names.ts';
import { shownMetadata, shownParameter } from './show.ts';

const keyOf = ({ name, version }: Version): [string, number] => [name, version];

/**
 * The parameters that all filters match, by name, without their values. Nothing is shared between accounts here, so
 * that `Shared` finds nothing.
 */
export async function describeParameters(
  call: Call,
  input: DescribeParametersRequest,
): Promise<DescribeParametersResult> {
  const { Filters = [], ParameterFilters = [], Shared = false } = input;
  if (Filters.length > 0 && ParameterFilters.length > 0) {
    const message = 'You can use either Filters or ParameterFilters in a single request.';
    throw new AwsError('ValidationException', message);
  }
  const filters = [...ParameterFilters, ...Filters.map(modern)];
  const conditions = conditionsOf(filters, DESCRIBE_KEYS);
  const list = JSON.stringify(['DescribeParameters', filters, Shared]);
  const { items, NextToken } = await page(call, input, { list, size: 10, keyOf }, async (after, limit) =>
    Shared
      ? []
      : call.db
          .select(versionColumns)
          .from(parameter)
          .innerJoin(parameterVersion, and(ofSameName, isLatest))
          .where(and(...conditions, onPage(call, after)))
          .orderBy(asc(parameter.name))
          .limit(limit),
  );
  return {
    Parameters: items.map((version) => shownMetadata(call, version)),
    ...(NextToken === undefined ? {} : { NextToken }),
  };
}

/** The older filters: names by their beginning. */
function modern({ Key, Values }: ParametersFilter): ParameterStringFilter {
  return { Key, Values, Option: Key === 'Name' ? 'BeginsWith' : 'Equals' };
}

function onPage(call: Call, after: PageKey | null): SQL | undefined {
  const isAfter = sql`(${parameter.name}, ${parameterVersion.version}) > (${after?.[0]}, ${after?.[1]}::bigint)`;
  return and(eq(parameter.account, call.account), isAlive(call.now), after === null ? undefined : isAfter);
}

/** The parameters below a path, by name; with a Label filter the versions that carry the label. */
export async function getParametersByPath(
  sealer: Sealer,
  call: Call,
  input: GetParametersByPathRequest,
): Promise<GetParametersByPathResult> {
  const { Recursive = false, ParameterFilters = [], WithDecryption = false } = input;
  const path = checkPath(input.Path ?? '');
  const conditions = [under(path, Recursive), ...conditionsOf(ParameterFilters, BY_PATH_KEYS)];
  const labels = labelOf(ParameterFilters);
  const list = JSON.stringify(['GetParametersByPath', path, Recursive, ParameterFilters]);
  const { items, NextToken } = await page(call, input, { list, size: 10, keyOf }, async (after, limit) =>
    labels === null
      ? latestUnder(call, and(...conditions, onPage(call, after)), limit)
      : labelled(call, labels, and(...conditions, onPage(call, after)), limit),
  );
  const Parameters = items.map((version) => shownParameter(call, sealer, version, { isDecrypted: WithDecryption }));
  return { Parameters, ...(NextToken === undefined ? {} : { NextToken }) };
}

function latestUnder(call: Call, where: SQL | undefined, limit: number) {
  return call.db
    .select(versionColumns)
    .from(parameter)
    .innerJoin(parameterVersion, and(ofSameName, isLatest))
    .where(where)
    .orderBy(asc(parameter.name))
    .limit(limit);
}

function labelled(call: Call, labels: readonly string[], where: SQL | undefined, limit: number) {
  const hasLabel = sql`EXISTS (SELECT FROM ${parameterLabel} WHERE ${parameterLabel.account} = ${parameterVersion.account}
    AND ${parameterLabel.name} = ${parameterVersion.name} AND ${parameterLabel.version} = ${parameterVersion.version}
    AND ${inArray(parameterLabel.label, [...labels])})`;
  return call.db
    .select(versionColumns)
    .from(parameter)
    .innerJoin(parameterVersion, ofSameName)
    .where(and(where, hasLabel))
    .orderBy(asc(parameter.name), asc(parameterVersion.version))
    .limit(limit);
}
