import type {
  ListComplianceSummariesRequest,
  ListComplianceSummariesResult,
  ListResourceComplianceSummariesRequest,
  ListResourceComplianceSummariesResult,
  ResourceComplianceSummaryItem,
} from '@aws-sdk/client-ssm';
import type { Counts } from '../../store/schema/compliance.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { checkFilters, meetsAll } from './filters.ts';
import { RESOURCE_TYPE } from './put.ts';
import { RESOURCE_KEYS, type ResourceCompliance, resourceCompliances, subjectOf } from './resources.ts';
import { noCounts, summariesOf } from './severities.ts';

async function filtered(call: Call, input: ListComplianceSummariesRequest): Promise<ResourceCompliance[]> {
  const filters = input.Filters ?? [];
  checkFilters(filters, RESOURCE_KEYS);
  return (await resourceCompliances(call)).filter((resource) => meetsAll(subjectOf(resource), filters));
}

/**
 * How many nodes are compliant and how many are not, by type of compliance and by the highest severity of what is not
 * compliant on the node. Throws InvalidFilter.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListComplianceSummaries.html
 */
export async function ListComplianceSummaries(
  call: Call,
  input: ListComplianceSummariesRequest,
): Promise<ListComplianceSummariesResult> {
  const byType = new Map<string, Counts>();
  for (const { type, status, severity } of await filtered(call, input)) {
    const counts = byType.get(type) ?? noCounts();
    counts[status][severity] += 1;
    byType.set(type, counts);
  }
  const list = `ListComplianceSummaries ${JSON.stringify(input.Filters ?? [])}`;
  const paging = { list, size: 50, keyOf: ([type]: [string, Counts]) => [type] };
  const { items, ...rest } = await pageOf(call, input, paging, [...byType]);
  const ComplianceSummaryItems = items.map(([ComplianceType, counts]) => ({ ComplianceType, ...summariesOf(counts) }));
  return { ComplianceSummaryItems, ...rest };
}

/**
 * How each node stands in each type of compliance, with the number of its items by severity. Throws InvalidFilter.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListResourceComplianceSummaries.html
 */
export async function ListResourceComplianceSummaries(
  call: Call,
  input: ListResourceComplianceSummariesRequest,
): Promise<ListResourceComplianceSummariesResult> {
  const resources = await filtered(call, input);
  const list = `ListResourceComplianceSummaries ${JSON.stringify(input.Filters ?? [])}`;
  const keyOf = ({ type, resourceId }: ResourceCompliance) => [type, resourceId];
  const { items, ...rest } = await pageOf(call, input, { list, size: 50, keyOf }, resources);
  return { ResourceComplianceSummaryItems: items.map(shown), ...rest };
}

function shown({
  type,
  resourceId,
  status,
  severity,
  counts,
  execution,
}: ResourceCompliance): ResourceComplianceSummaryItem {
  return {
    ComplianceType: type,
    ResourceType: RESOURCE_TYPE,
    ResourceId: resourceId,
    Status: status,
    OverallSeverity: severity,
    ExecutionSummary: {
      ExecutionTime: execution.time,
      ...(execution.id === null ? {} : { ExecutionId: execution.id }),
      ...(execution.type === null ? {} : { ExecutionType: execution.type }),
    },
    ...summariesOf(counts),
  };
}
