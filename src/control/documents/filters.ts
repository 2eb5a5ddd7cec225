import type { ListDocumentsRequest } from '@aws-sdk/client-ssm';
import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';
import { resourcesByTag } from '../tags/tags.ts';
import type { DocumentView } from './view.ts';

/** A document of a list: what its filters ask about. */
export type Listed = Omit<DocumentView, 'content'> & {
  /** Shared by its owner with everybody. */
  readonly isPublic: boolean;
};

type Keep = (listed: Listed) => boolean;

const KEYS = ['Name', 'Owner', 'PlatformTypes', 'DocumentType', 'TargetType'] as const;
type Key = (typeof KEYS)[number];

const OWNERS: Readonly<Record<string, (listed: Listed, account: string) => boolean>> = {
  self: ({ account }, caller) => account === caller,
  amazon: ({ account }) => account === null,
  public: ({ isPublic }) => isPublic,
  private: ({ account, isPublic }, caller) => account !== null && account !== caller && !isPublic,
  // Documents of other firms that AWS offers; there are none here.
  thirdparty: () => false,
  all: () => true,
};

/**
 * The filters of ListDocuments, old form and new, as one test: keys are ANDed, values of a key ORed. `Name` is a
 * prefix. Throws InvalidFilterKey. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DocumentKeyValuesFilter.html
 */
export async function documentFilter(call: Call, input: ListDocumentsRequest): Promise<Keep> {
  const old = (input.DocumentFilterList ?? []).map(({ key, value }) => ({ Key: key, Values: [value ?? ''] }));
  const tests: Keep[] = [];
  for (const { Key: key = '', Values = [] } of [...(input.Filters ?? []), ...old]) {
    if (Values.length === 0) continue;
    tests.push(key.startsWith('tag:') ? await byTag(call, key.slice(4), Values) : byKey(call, key, Values));
  }
  return (listed) => tests.every((test) => test(listed));
}

async function byTag(call: Call, key: string, values: readonly string[]): Promise<Keep> {
  const names = new Set(await resourcesByTag(call.db, call.account, 'Document', key, values));
  return ({ account, name }) => account === call.account && names.has(name);
}

function byKey(call: Call, written: string, values: readonly string[]): Keep {
  const key = KEYS.find((known) => known === written);
  if (key === undefined) throw new AwsError('InvalidFilterKey', 'The specified key is not valid.');
  if (key === 'Owner') return byOwner(call, values);
  const tests: Record<Exclude<Key, 'Owner'>, (listed: Listed, value: string) => boolean> = {
    Name: ({ name }, value) => name.startsWith(value),
    PlatformTypes: ({ platformTypes }, value) =>
      platformTypes.some((platform) => platform.toLowerCase() === value.toLowerCase()),
    DocumentType: ({ documentType }, value) => documentType === value,
    TargetType: ({ targetType }, value) => targetType === value,
  };
  const test = tests[key];
  return (listed) => values.some((value) => test(listed, value));
}

function byOwner(call: Call, values: readonly string[]): Keep {
  const [value = '', ...others] = values;
  const test = Object.hasOwn(OWNERS, value.toLowerCase()) ? OWNERS[value.toLowerCase()] : undefined;
  if (others.length > 0 || test === undefined)
    throw new AwsError('InvalidFilterValue', 'Owner takes one of Self, Amazon, Public, Private, ThirdParty and All.');
  return (listed) => test(listed, call.account);
}
