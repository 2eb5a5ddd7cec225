import { AwsError } from '../../core/aws-error.ts';
import type { Principal } from '../call.ts';

/** What an agent calls with a node's temporary credentials. */
const NODE_OPERATIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  ssm: new Set([
    'DescribeAssociation',
    'GetDeployablePatchSnapshotForInstance',
    'GetDocument',
    'ListAssociations',
    'ListInstanceAssociations',
    'PutComplianceItems',
    'PutInventory',
    'RequestManagedInstanceRoleToken',
    'UpdateInstanceAssociationStatus',
    'UpdateInstanceInformation',
    'UpdateManagedInstancePublicKey',
  ]),
  ec2messages: new Set([
    'AcknowledgeMessage',
    'DeleteMessage',
    'FailMessage',
    'GetEndpoint',
    'GetMessages',
    'SendReply',
  ]),
  sts: new Set(['GetCallerIdentity']),
};

/** What only a node itself may do: nobody polls in its place or speaks for it. */
const FOR_NODES_ALONE = new Set([
  ...(NODE_OPERATIONS.ec2messages ?? []),
  'ListInstanceAssociations',
  'RequestManagedInstanceRoleToken',
  'UpdateInstanceAssociationStatus',
  'UpdateInstanceInformation',
  'UpdateManagedInstancePublicKey',
  'RegisterManagedInstance',
]);

/** What the node's registered key itself signs: it only fetches credentials with it, and replaces it. */
const BY_NODE_KEY = new Set(['RequestManagedInstanceRoleToken', 'UpdateManagedInstancePublicKey']);
/** Takes work away from others: no mere look, whatever its name. */
const FOR_WORKERS = new Set(['GetActivityTask']);
const OPERATED = new Set(['ssm', 'states', 'kintsugi']);
const ANONYMOUS = new Set(['RegisterManagedInstance']);

/** Members that name the node that a call is about. */
const NODE_MEMBERS = ['InstanceId', 'ResourceId', 'Destination'];

/** The call that is asked about: `input` has been checked against the model. */
export interface Asked {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Whether `principal` may make the call; throws AccessDeniedException in AWS's words where not. */
export function authorize(principal: Principal, asked: Asked): void {
  const { service, operation, region } = asked;
  if (isAllowed(principal, asked)) return;
  const action = `${service}:${operation}`;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ` +
      `arn:aws:${service}:${region}:${principal.account}:* because no identity-based policy allows the ${action} action`,
  );
}

function isAllowed(principal: Principal, { service, operation, input }: Asked): boolean {
  if (principal.accessKeyId === null) return service === 'ssm' && ANONYMOUS.has(operation);
  if (principal.role === 'node') return isOfNode(principal, service, operation, input);
  if (service === 'sts') return operation === 'GetCallerIdentity';
  if (FOR_NODES_ALONE.has(operation)) return false;
  if (principal.role === 'viewer')
    return (
      /^(?:Get|List|Describe|Validate)/.test(operation) && !FOR_WORKERS.has(operation) && input.WithDecryption !== true
    );
  return principal.role === 'admin' || OPERATED.has(service);
}

function isOfNode(principal: Principal, service: string, operation: string, input: Asked['input']): boolean {
  const { instanceId, accessKeyId } = principal;
  if (instanceId === null || NODE_OPERATIONS[service]?.has(operation) !== true) return false;
  if (accessKeyId === instanceId && !BY_NODE_KEY.has(operation)) return false;
  const named = NODE_MEMBERS.map((member) => input[member]).filter((value) => value !== undefined);
  const message = input.MessageId;
  if (typeof message === 'string') named.push(...(message.match(/\bm?i-[0-9a-z]{8,17}\b/g) ?? []));
  return named.every((value) => value === instanceId);
}
