import type {
  DescribeInstancePatchesRequest,
  DescribeInstancePatchesResult,
  PatchComplianceData,
  PatchComplianceDataState,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import type { PatchState } from '../../../core/compliance/types.ts';
import { patchResult } from '../../../store/schema/patch.ts';
import type { Operation } from '../../call.ts';
import { page } from '../../paging.ts';
import type { FindPatchNode } from '../patch-nodes.ts';
import { severityLevelsOf, severityWord, stateOf, stateWord } from '../patch-words.ts';
import { readPatchFilters, type Wanted } from './filters.ts';

const KEYS = ['Classification', 'KBId', 'Severity', 'State'] as const;

export type PatchResultRow = typeof patchResult.$inferSelect;

/** Of these AWS tells the id and the state alone. */
const BLANK: ReadonlySet<PatchState> = new Set(['INSTALLED_OTHER', 'NOT_APPLICABLE']);
const ATTEMPTED: ReadonlySet<PatchState> = new Set(['MISSING', 'FAILED']);

/** The packages of a node as its last operation left them. Errors: InvalidInstanceId, InvalidFilter, InvalidNextToken. */
export function instancePatchesOperation(
  findNode: FindPatchNode,
): Operation<DescribeInstancePatchesRequest, DescribeInstancePatchesResult> {
  return async function DescribeInstancePatches(call, input) {
    const { InstanceId = '' } = input;
    if ((await findNode(call, InstanceId)) === null)
      throw new AwsError('InvalidInstanceId', `${InstanceId} is not a managed node.`);
    const filters = readPatchFilters(input.Filters, KEYS, 'InvalidFilter').map(condition);
    const paging = {
      list: `patches ${JSON.stringify([InstanceId, input.Filters ?? []])}`,
      size: 100,
      keyOf: (row: PatchResultRow) => [row.name, row.architecture],
    };
    const { items, NextToken } = await page(call, input, paging, (after, limit) => {
      const later = after && sql`(${patchResult.name}, ${patchResult.architecture}) > (${after[0]}, ${after[1]})`;
      return call.db
        .select()
        .from(patchResult)
        .where(
          and(
            eq(patchResult.account, call.account),
            eq(patchResult.instanceId, InstanceId),
            ...filters,
            later ?? undefined,
          ),
        )
        .orderBy(asc(patchResult.name), asc(patchResult.architecture))
        .limit(limit);
    });
    return { Patches: items.map(complianceData), ...(NextToken !== undefined && { NextToken }) };
  };
}

/** One package of a node as AWS answers it. */
export function complianceData(row: PatchResultRow): PatchComplianceData {
  const { name, architecture, state } = row;
  const version = ATTEMPTED.has(state) ? row.availableVersion : row.installedVersion;
  const isBlank = BLANK.has(state);
  const cves = row.detail?.cves ?? [];
  return {
    Title: isBlank ? '' : `${name}.${architecture}:${version ?? row.availableVersion ?? ''}`,
    KBId: `${name}.${architecture}`,
    Classification: isBlank ? '' : (row.classification ?? ''),
    Severity: isBlank ? '' : severityWord(row.severity),
    // The model writes states in capitals; the service never did.
    State: stateWord(state) as PatchComplianceDataState,
    InstalledTime: row.installedAt ?? new Date(0),
    ...(ATTEMPTED.has(state) && cves.length > 0 && { CVEIds: cves.join(',') }),
  };
}

function condition({ key, values }: Wanted<(typeof KEYS)[number]>): SQL {
  const shown = sql`${patchResult.state} NOT IN ('INSTALLED_OTHER', 'NOT_APPLICABLE')`;
  const oneOf = (left: SQL, list: readonly string[]) => sql`${left} = ANY(${sql.param(list)}::text[])`;
  if (key === 'KBId') return oneOf(sql`${patchResult.name} || '.' || ${patchResult.architecture}`, values);
  if (key === 'State') return oneOf(sql`${patchResult.state}`, values.map(requireState));
  if (key === 'Classification') {
    const lower = values.map((value) => value.toLowerCase());
    return sql`(${shown} AND ${oneOf(sql`lower(${patchResult.classification})`, lower)})`;
  }
  return sql`(${shown} AND ${oneOf(sql`coalesce(${patchResult.severity}, 'unknown')`, values.flatMap(severityLevelsOf))})`;
}

function requireState(word: string): string {
  const state = stateOf(word);
  if (state === null) throw new AwsError('InvalidFilter', `${word} is not a patch state.`);
  return state;
}
