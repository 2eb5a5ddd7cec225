import type { ComplianceItem, ListComplianceItemsRequest, ListComplianceItemsResult } from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { compliance, type StoredItem } from '../../store/schema/compliance.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { patchComplianceItems, patchComplianceSummaries } from '../patch-manager/patch-compliance.ts';
import { checkFilters, meetsAll, type Subject } from './filters.ts';
import { RESOURCE_TYPE } from './put.ts';
import { PATCH } from './resources.ts';

const DETAIL_KEYS = [
  'DocumentName',
  'DocumentVersion',
  'Classification',
  'PatchBaselineId',
  'PatchSeverity',
  'PatchState',
  'PatchGroup',
  'InstalledTime',
];
const KEYS = [
  'ComplianceType',
  'Id',
  'Title',
  'Status',
  'Severity',
  'ResourceId',
  'ResourceType',
  'ExecutionTime',
  'ExecutionId',
  'ExecutionType',
  ...DETAIL_KEYS,
];

interface Typed {
  readonly type: string;
  readonly item: StoredItem;
}

/**
 * The compliance items of one node, by type and id. Errors: InvalidResourceType, InvalidResourceId when not exactly one
 * node is named, InvalidFilter.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListComplianceItems.html
 */
export async function ListComplianceItems(
  call: Call,
  input: ListComplianceItemsRequest,
): Promise<ListComplianceItemsResult> {
  const { Filters = [], ResourceIds = [], ResourceTypes = [] } = input;
  const otherType = ResourceTypes.find((type) => type !== RESOURCE_TYPE);
  if (otherType !== undefined)
    throw new AwsError('InvalidResourceType', `The resource type is not valid: ${otherType}`);
  const [resourceId = '', ...more] = ResourceIds;
  if (resourceId === '' || resourceId.includes('\0') || more.length > 0)
    throw new AwsError('InvalidResourceId', 'Exactly one resource ID can be specified.');
  checkFilters(Filters, KEYS);
  const all = await itemsOf(call, resourceId);
  const wanted = all.filter((typed) => meetsAll(subjectOf(resourceId, typed), Filters));
  const list = `ListComplianceItems ${JSON.stringify([resourceId, Filters])}`;
  const keyOf = ({ type, item }: Typed) => [type, item.id];
  const { items, ...rest } = await pageOf(call, input, { list, size: 50, keyOf }, wanted);
  return { ComplianceItems: items.map((typed) => shown(resourceId, typed)), ...rest };
}

async function itemsOf(call: Call, resourceId: string): Promise<Typed[]> {
  const rows = await call.db
    .select({ type: compliance.complianceType, items: compliance.items })
    .from(compliance)
    .where(and(eq(compliance.account, call.account), eq(compliance.resourceId, resourceId)));
  const [scan] = await patchComplianceSummaries(call.db, call.account, call.now, resourceId);
  const told = rows.filter(({ type }) => scan === undefined || type !== PATCH);
  const found = scan === undefined ? [] : await patchComplianceItems(call, resourceId);
  const execution = { time: scan?.execution.time.toISOString() ?? '', id: scan?.execution.id ?? null, type: 'Command' };
  const patches = found.map((item) => ({ ...item, execution }));
  return [...told, { type: PATCH, items: patches }].flatMap(({ type, items }) => items.map((item) => ({ type, item })));
}

function subjectOf(resourceId: string, { type, item }: Typed): Subject {
  const details = Object.fromEntries(DETAIL_KEYS.map((key) => [key, item.details[key] ?? '']));
  return {
    ...details,
    ComplianceType: type,
    Id: item.id,
    Title: item.title,
    Status: item.status,
    Severity: item.severity,
    ResourceId: resourceId,
    ResourceType: RESOURCE_TYPE,
    ExecutionTime: new Date(item.execution.time),
    ExecutionId: item.execution.id,
    ExecutionType: item.execution.type,
  };
}

function shown(resourceId: string, { type, item }: Typed): ComplianceItem {
  const { execution } = item;
  return {
    ComplianceType: type,
    ResourceType: RESOURCE_TYPE,
    ResourceId: resourceId,
    Id: item.id,
    Title: item.title,
    Status: item.status,
    Severity: item.severity,
    ExecutionSummary: {
      ExecutionTime: new Date(execution.time),
      ...(execution.id === null ? {} : { ExecutionId: execution.id }),
      ...(execution.type === null ? {} : { ExecutionType: execution.type }),
    },
    Details: item.details,
  };
}
