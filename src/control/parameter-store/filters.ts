import type { ParameterStringFilter } from '@aws-sdk/client-ssm';
import { eq, or, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { parameter, parameterVersion } from '../../store/schema/parameters.ts';
import { resourceTag } from '../../store/schema/tags.ts';
import { checkPath, isLabel, rooted } from './names.ts';

const COLUMNS = {
  Type: parameterVersion.type,
  KeyId: parameterVersion.keyId,
  Tier: parameterVersion.tier,
  DataType: parameterVersion.dataType,
} as const;
const ONE_OF: Readonly<Record<string, readonly string[]>> = {
  Type: ['String', 'StringList', 'SecureString'],
  Tier: ['Standard', 'Advanced', 'Intelligent-Tiering'],
};

/** The keys that each list takes. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html */
export const DESCRIBE_KEYS = ['Path', 'Name', 'Type', 'KeyId', 'Tier', 'DataType'] as const;
export const BY_PATH_KEYS = ['Type', 'KeyId', 'Label'] as const;

/**
 * The conditions of a list's filters over `parameter` joined with `parameter_version`; a filter's values are
 * alternatives. A Label is no condition: it says which version is meant. Throws ValidationException, InvalidFilterKey,
 * InvalidFilterOption and InvalidFilterValue.
 */
export function conditionsOf(filters: readonly ParameterStringFilter[], keys: readonly string[]): SQL[] {
  const seen = new Set<string>();
  return filters.flatMap((filter) => {
    checkFilter(filter, keys);
    const key = filter.Key ?? '';
    if (seen.has(key)) {
      const message = `The following filter is duplicated in the request: ${key}. A request can contain only one occurrence of a specific filter.`;
      throw new AwsError('InvalidFilterKey', message);
    }
    seen.add(key);
    return key === 'Label' ? [] : [conditionOf(key, optionOf(filter), storable(filter.Values ?? []))];
  });
}

function optionOf({ Key, Option }: ParameterStringFilter): string {
  return Option ?? (Key === 'Path' ? 'OneLevel' : 'Equals');
}

/** PostgreSQL has no text with a NUL, so that nothing equals one either. */
function storable(values: readonly string[]): string[] {
  return values.filter((value) => !value.includes('\0'));
}

function checkFilter(filter: ParameterStringFilter, keys: readonly string[]): void {
  const key = filter.Key ?? '';
  const isTag = key.startsWith('tag:') && keys.includes('Path') && !key.includes('\0');
  if (!isTag && !keys.includes(key)) {
    const message = `The following filter key is not valid: ${key}. Valid filter keys include: [${keys.join(', ')}].`;
    throw new AwsError('InvalidFilterKey', message);
  }
  if (!isTag && (filter.Values ?? []).length === 0) {
    const message = `The following filter values are missing : null for filter key ${key}.`;
    throw new AwsError('InvalidFilterValue', message);
  }
  const options = optionsFor(key);
  const option = optionOf(filter);
  if (!options.includes(option)) {
    const message = `The following filter option is not valid: ${option}. Valid options include: [${options.join(', ')}].`;
    throw new AwsError('InvalidFilterOption', message);
  }
  const bad = option === 'Equals' ? filter.Values?.find((value) => ONE_OF[key]?.includes(value) === false) : undefined;
  if (bad !== undefined) {
    const message = `The following filter value is not valid: ${bad}. Valid values include: [${ONE_OF[key]?.join(', ')}].`;
    throw new AwsError('InvalidFilterValue', message);
  }
}

function optionsFor(key: string): readonly string[] {
  if (key === 'Path') return ['Recursive', 'OneLevel'];
  if (key === 'Name') return ['BeginsWith', 'Contains', 'Equals'];
  return key === 'Label' ? ['Equals'] : ['BeginsWith', 'Equals'];
}

function conditionOf(key: string, option: string, values: readonly string[]): SQL {
  if (key.startsWith('tag:')) return tagged(key.slice(4), option, values);
  if (key === 'Path') return any(values.map((value) => under(filterPath(value), option === 'Recursive')));
  if (key === 'Name') return any(values.map((value) => named(option, value)));
  const column = COLUMNS[key as keyof typeof COLUMNS];
  return any(values.map((value) => (option === 'Equals' ? eq(column, value) : sql`starts_with(${column}, ${value})`)));
}

function any(conditions: readonly (SQL | undefined)[]): SQL {
  return or(...conditions) ?? sql`false`;
}

/** The slash at a name's beginning makes no difference, but to what it contains. */
function named(option: string, value: string): SQL {
  if (option === 'Contains') return sql`strpos(${parameter.name}, ${value}) > 0`;
  const path = rooted(value);
  if (option === 'Equals') return sql`${parameter.name} IN (${path}, ${path.slice(1)})`;
  return sql`(starts_with(${parameter.name}, ${path}) OR
    (NOT starts_with(${parameter.name}, '/') AND starts_with(${parameter.name}, ${path.slice(1)})))`;
}

function filterPath(value: string): string {
  if (/^\/(?:aws|ssm)/i.test(value)) {
    const message =
      'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When using global parameters, please specify within a global namespace.';
    throw new AwsError('ValidationException', message);
  }
  return checkPath(value);
}

/** All below a path as `checkPath` gives it, or only what stands on the next level. */
export function under(path: string, isRecursive: boolean): SQL {
  const rest = sql`substr(${parameter.name}, ${path.length + 2})`;
  if (path === '') return isRecursive ? sql`true` : sql`strpos(ltrim(${parameter.name}, '/'), '/') = 0`;
  // `0` comes right after `/`: one range of the index.
  const inRange = sql`(${parameter.name} >= ${`${path}/`} AND ${parameter.name} < ${`${path}0`})`;
  return isRecursive ? inRange : sql`(${inRange} AND strpos(${rest}, '/') = 0)`;
}

function tagged(key: string, option: string, values: readonly string[]): SQL {
  const is = (value: string) =>
    option === 'Equals' ? eq(resourceTag.value, value) : sql`starts_with(${resourceTag.value}, ${value})`;
  const hasValue = values.length === 0 ? sql`true` : any(values.map(is));
  return sql`EXISTS (SELECT FROM ${resourceTag} WHERE ${resourceTag.account} = ${parameter.account}
    AND ${resourceTag.resourceType} = 'Parameter' AND ${resourceTag.resourceId} = ${parameter.name}
    AND ${resourceTag.key} = ${key} AND ${hasValue})`;
}

/** The label of a Label filter; one that no version can have finds nothing. */
export function labelOf(filters: readonly ParameterStringFilter[]): readonly string[] | null {
  const filter = filters.find(({ Key }) => Key === 'Label');
  return filter === undefined ? null : (filter.Values ?? []).filter(isLabel);
}
