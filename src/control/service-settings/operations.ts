import type {
  GetServiceSettingRequest,
  ResetServiceSettingRequest,
  ServiceSetting,
  UpdateServiceSettingRequest,
} from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { serviceSetting } from '../../store/schema/settings.ts';
import type { Call, Operations } from '../call.ts';
import { DeleteResourcePolicy, GetResourcePolicies, PutResourcePolicy } from './policies.ts';
import { SETTINGS, type StoredSetting, storedSetting } from './settings.ts';

/** Throws ServiceSettingNotFound, as all three do. */
async function GetServiceSetting(call: Call, { SettingId = '' }: GetServiceSettingRequest) {
  const id = settingIdOf(call, SettingId);
  return { ServiceSetting: shown(call, id, await storedSetting(call, id)) };
}

async function UpdateServiceSetting(call: Call, input: UpdateServiceSettingRequest): Promise<object> {
  const id = settingIdOf(call, input.SettingId ?? '');
  const value = input.SettingValue ?? '';
  const values = SETTINGS[id]?.values ?? null;
  if (values?.includes(value) === false || value.includes('\0')) {
    const allowed = values === null ? 'text without control characters' : values.join(', ');
    throw new AwsError('ValidationException', `The setting ${id} can be set to: ${allowed}.`);
  }
  const change = { value, modifiedAt: call.now, modifiedBy: call.principal.arn };
  await call.db
    .insert(serviceSetting)
    .values({ account: call.account, settingId: id, ...change })
    .onConflictDoUpdate({ target: [serviceSetting.account, serviceSetting.settingId], set: change });
  return {};
}

async function ResetServiceSetting(call: Call, { SettingId = '' }: ResetServiceSettingRequest) {
  const id = settingIdOf(call, SettingId);
  const isIt = and(eq(serviceSetting.account, call.account), eq(serviceSetting.settingId, id));
  await call.db.delete(serviceSetting).where(isIt);
  return { ServiceSetting: shown(call, id, null) };
}

/** A setting is named by its id, or by its ARN. */
function settingIdOf(call: Call, given: string): string {
  const prefix = arnOf(call, '');
  const id = given.startsWith(prefix) ? given.slice(prefix.length) : given;
  if (Object.hasOwn(SETTINGS, id)) return id;
  const message =
    "The specified service setting wasn't found. Either the service name or the setting hasn't been provisioned by the AWS service team.";
  throw new AwsError('ServiceSettingNotFound', message);
}

function arnOf({ region, account }: Call, settingId: string): string {
  return `arn:aws:ssm:${region}:${account}:servicesetting${settingId}`;
}

function shown(call: Call, id: string, stored: StoredSetting | null): ServiceSetting {
  return {
    SettingId: id,
    SettingValue: stored?.value ?? SETTINGS[id]?.byDefault,
    LastModifiedDate: stored?.modifiedAt ?? new Date(0),
    LastModifiedUser: stored?.modifiedBy ?? 'System',
    ARN: arnOf(call, id),
    Status: stored === null ? 'Default' : 'Customized',
  };
}

export const serviceSettingOperations: Operations = {
  DeleteResourcePolicy,
  GetResourcePolicies,
  GetServiceSetting,
  PutResourcePolicy,
  ResetServiceSetting,
  UpdateServiceSetting,
};
