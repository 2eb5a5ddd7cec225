import { SERVICE_IDS } from './service-ids.data.ts';

/** A service of AWS as the Amazon States Language names it in `arn:aws:states:::aws-sdk:SERVICE:ACTION`. */
export interface AwsService {
  /** The npm package of its client. */
  readonly client: string;
  /** What stands before the dot in the names of its errors: that of AWS's SDK for Java. */
  readonly errors: string;
  /** The class of the errors that its model does not name. */
  readonly generic: string;
}

let byName: ReadonlyMap<string, AwsService> | null = null;

/** Null for a name that no service has. */
export function findService(name: string): AwsService | null {
  byName ??= new Map(SERVICE_IDS.map((id) => [javaName(id).toLowerCase(), serviceOf(id)]));
  return byName.get(name) ?? null;
}

export function serviceNames(): string[] {
  return SERVICE_IDS.map((id) => javaName(id).toLowerCase());
}

function serviceOf(id: string): AwsService {
  const errors = javaName(id);
  return { client: `@aws-sdk/client-${id.toLowerCase().replaceAll(' ', '-')}`, errors, generic: `${errors}Exception` };
}

/**
 * What the SDK for Java calls a service, and Step Functions with it: `Elastic Load Balancing v2` is
 * ElasticLoadBalancingV2, `DynamoDB` DynamoDb, `Config Service` Config. The words of an id are parted as Java's
 * generator does it: https://github.com/aws/aws-sdk-java-v2, CodegenNamingUtils and DefaultNamingStrategy.
 */
function javaName(id: string): string {
  const words = id
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .replace(/([^a-z]{2,})v([0-9]+)/g, '$1 v$2 ')
    .replace(/([^A-Z]{2,})V([0-9]+)/g, '$1 V$2 ')
    .replace(/(?<=[a-z])(?=[A-Z][a-zA-Z0-9])/g, ' ')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/([0-9])([a-zA-Z])/g, '$1 $2')
    .trim()
    .split(/ +/);
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join('');
  return joined.replace(/^(?:Amazon|Aws)/, '').replace(/Service$/, '');
}
