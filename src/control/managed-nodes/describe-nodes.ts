import type {
  DescribeInstanceInformationRequest,
  DescribeInstanceInformationResult,
  DescribeInstancePropertiesRequest,
  DescribeInstancePropertiesResult,
  InstanceInformation,
  PlatformType,
} from '@aws-sdk/client-ssm';
import type { SQL } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { NodeRow } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { pageOfNodes } from './listing.ts';
import { type NodeFilter, nodeCondition } from './node-filters.ts';
import { PING_STATUSES, pingStatus } from './ping-status.ts';

const INFORMATION_KEYS = [
  'InstanceIds',
  'AgentVersion',
  'PingStatus',
  'PlatformTypes',
  'ActivationIds',
  'IamRole',
  'ResourceType',
  'AssociationStatus',
  'SourceIds',
  'SourceTypes',
];
const PROPERTY_KEYS = [...INFORMATION_KEYS, 'ComputerName', 'PlatformName', 'PlatformVersion'];

/**
 * The managed nodes of the account. Both forms of filters, the old with its fixed keys and the one that knows tags, may
 * be given; a node must meet all of them.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
 */
export async function DescribeInstanceInformation(
  call: Call,
  input: DescribeInstanceInformationRequest,
): Promise<DescribeInstanceInformationResult> {
  const filters: NodeFilter[] = [
    ...(input.InstanceInformationFilterList ?? []).map(({ key, valueSet }) => filter(key, valueSet)),
    ...(input.Filters ?? []).map(({ Key, Values }) => filter(Key, Values)),
  ];
  const conditions = conditionsOf(filters, INFORMATION_KEYS, 'InvalidInstanceInformationFilterValue', call.now);
  const { items, ...rest } = await pageOfNodes(call, input, `nodes ${JSON.stringify(filters)}`, conditions);
  return { InstanceInformationList: items.map((row) => informationOf(row, call.now)), ...rest };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceProperties.html */
export async function DescribeInstanceProperties(
  call: Call,
  input: DescribeInstancePropertiesRequest,
): Promise<DescribeInstancePropertiesResult> {
  const filters: NodeFilter[] = [
    ...(input.InstancePropertyFilterList ?? []).map(({ key, valueSet }) => filter(key, valueSet)),
    ...(input.FiltersWithOperator ?? []).map(({ Key, Values, Operator = 'Equal' }) => ({
      ...filter(Key, Values),
      operator: Operator,
    })),
  ];
  const conditions = conditionsOf(filters, PROPERTY_KEYS, 'InvalidInstancePropertyFilterValue', call.now);
  const { items, ...rest } = await pageOfNodes(call, input, `properties ${JSON.stringify(filters)}`, conditions);
  const InstanceProperties = items.map((row) => {
    const { IsLatestVersion, ...information } = informationOf(row, call.now);
    return {
      ...information,
      ...(row.availabilityZone === null ? {} : { AvailabilityZone: row.availabilityZone }),
    };
  });
  return { InstanceProperties, ...rest };
}

function filter(key: string | undefined, values: readonly string[] | undefined): NodeFilter {
  return { key: key ?? '', values: values ?? [] };
}

function conditionsOf(filters: readonly NodeFilter[], keys: readonly string[], valueError: string, now: Date): SQL[] {
  return filters.map((one) => {
    const isKnown = keys.includes(one.key) || one.key === 'tag-key' || /^tag:./.test(one.key);
    const condition = isKnown ? nodeCondition(one, now) : null;
    if (condition === null) throw new AwsError('InvalidFilterKey', `The filter key is not valid: ${one.key}`);
    const isWrong = one.key === 'PingStatus' && one.values.some((value) => !PING_STATUSES.some((s) => s === value));
    if (isWrong || one.values.some((value) => value.includes('\0')))
      throw new AwsError(valueError, `The specified filter value is not valid for ${one.key}.`);
    return condition;
  });
}

function informationOf(row: NodeRow, now: Date): InstanceInformation {
  return {
    InstanceId: row.instanceId,
    PingStatus: pingStatus(row.lastPingAt, now),
    ...(row.lastPingAt === null ? {} : { LastPingDateTime: row.lastPingAt }),
    ...(row.agentVersion === null ? {} : { AgentVersion: row.agentVersion }),
    IsLatestVersion: true,
    ...(row.platformType === null ? {} : { PlatformType: row.platformType as PlatformType }),
    ...(row.platformName === null ? {} : { PlatformName: row.platformName }),
    ...(row.platformVersion === null ? {} : { PlatformVersion: row.platformVersion }),
    ActivationId: row.activationId,
    IamRole: row.iamRole,
    RegistrationDate: row.registeredAt,
    ResourceType: 'ManagedInstance',
    ...(row.name === null ? {} : { Name: row.name }),
    ...(row.ipAddress === null ? {} : { IPAddress: row.ipAddress }),
    ...(row.computerName === null ? {} : { ComputerName: row.computerName }),
    SourceId: row.instanceId,
    SourceType: 'AWS::SSM::ManagedInstance',
  };
}
