import type {
  DescribeEffectivePatchesForPatchBaselineRequest,
  DescribeEffectivePatchesForPatchBaselineResult,
  EffectivePatch,
  PatchStatus,
} from '@aws-sdk/client-ssm';
import { eq } from 'drizzle-orm';
import {
  applyRule,
  type Candidate,
  type CompiledBaseline,
  compileBaseline,
  judge,
} from '../../../core/compliance/judge.ts';
import { availablePatch } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { type PageKey, page } from '../../paging.ts';
import type { AvailablePatch } from '../available-patches.ts';
import { requireBaseline } from '../baselines.ts';
import { availablePatches, patchKey } from './available-patches.ts';
import { patchOutput, versionParts } from './patch-output.ts';

const BATCH = 500;

interface Effective {
  readonly row: AvailablePatch;
  readonly status: PatchStatus;
}

/**
 * The known patches of a baseline's operating system that it approves, will approve, or rejects by name. What no rule
 * and no list speaks of is left out. Errors: DoesNotExistException, InvalidNextToken.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeEffectivePatchesForPatchBaseline.html
 */
export async function DescribeEffectivePatchesForPatchBaseline(
  call: Call,
  input: DescribeEffectivePatchesForPatchBaselineRequest,
): Promise<DescribeEffectivePatchesForPatchBaselineResult> {
  const { id, baseline } = await requireBaseline(call, input.BaselineId ?? '');
  const compiled = compileBaseline(baseline);
  const ofSystem = [eq(availablePatch.operatingSystem, baseline.OperatingSystem)];
  const paging = { list: `effective ${id}`, size: 50, keyOf: ({ row }: Effective) => patchKey(row) };
  const { items, NextToken } = await page(call, input, paging, async (after, limit) => {
    const found: Effective[] = [];
    let behind: PageKey | null = after;
    while (found.length < limit) {
      const rows: AvailablePatch[] = await availablePatches(call, ofSystem, behind, BATCH);
      for (const row of rows) {
        const status = statusOf(compiled, row, call.now);
        if (status !== null) found.push({ row, status });
      }
      const last = rows.at(-1);
      if (rows.length < BATCH || last === undefined) break;
      behind = patchKey(last);
    }
    return found.slice(0, limit);
  });
  return {
    EffectivePatches: items.map(
      ({ row, status }): EffectivePatch => ({ Patch: patchOutput(row), PatchStatus: status }),
    ),
    ...(NextToken !== undefined && { NextToken }),
  };
}

/** null: the baseline does not speak of it. */
function statusOf(compiled: CompiledBaseline, row: AvailablePatch, now: Date): PatchStatus | null {
  const candidate = candidateOf(row);
  const { verdict, rule, level, approvedAt } = judge(compiled, candidate, now);
  if (verdict === 'rejected') return { DeploymentStatus: 'EXPLICIT_REJECTED', ComplianceLevel: level };
  if (verdict === 'approved' && rule.kind === 'approved-patches')
    return { DeploymentStatus: 'EXPLICIT_APPROVED', ComplianceLevel: level };
  if (verdict === 'approved') {
    const since = approvalDate(compiled, candidate, now);
    return { DeploymentStatus: 'APPROVED', ComplianceLevel: level, ...(since && { ApprovalDate: since }) };
  }
  if (verdict !== 'not-yet-approved') return null;
  return {
    DeploymentStatus: 'PENDING_APPROVAL',
    ComplianceLevel: level,
    ...(approvedAt !== null && { ApprovalDate: approvedAt }),
  };
}

/** The first moment at which a rule approved it. */
function approvalDate({ rules }: CompiledBaseline, candidate: Candidate, now: Date): Date | null {
  const dates = rules
    .map(({ rule }) => applyRule(rule, candidate, now))
    .flatMap(({ result, approvedAt }) => (result === 'approved' && approvedAt !== null ? [approvedAt] : []));
  return dates.length === 0 ? null : new Date(Math.min(...dates.map((date) => date.getTime())));
}

function candidateOf(row: AvailablePatch): Candidate {
  const { epoch, version, release } = versionParts(row.version, row.operatingSystem);
  return {
    product: row.product,
    classification: row.classification,
    severity: row.severity?.raw ?? null,
    priority: row.priority,
    section: row.section,
    arch: row.architecture,
    architecture: row.architecture,
    name: row.name,
    version,
    release,
    epoch,
    repository: row.repository,
    advisoryIds: row.advisories,
    cves: row.cves,
    exploited: row.exploited,
    epss: row.epss,
    security: row.classification === 'Security',
    releasedAt: row.releasedAt?.toISOString() ?? null,
    firstSeen: row.firstSeen.toISOString(),
  };
}
