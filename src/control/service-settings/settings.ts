import { and, eq } from 'drizzle-orm';
import { serviceSetting } from '../../store/schema/settings.ts';
import type { Call } from '../call.ts';

interface Setting {
  readonly byDefault: string;
  /** null where any text is allowed. */
  readonly values: readonly string[] | null;
}

/** Every setting that the service documents. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetServiceSetting.html */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  '/ssm/appmanager/appmanager-enabled': { byDefault: 'False', values: ['True', 'False'] },
  '/ssm/automation/customer-script-log-destination': { byDefault: 'None', values: ['None', 'CloudWatch'] },
  '/ssm/automation/customer-script-log-group-name': { byDefault: 'None', values: null },
  '/ssm/automation/enable-adaptive-concurrency': { byDefault: 'False', values: ['True', 'False', 'true', 'false'] },
  '/ssm/documents/console/public-sharing-permission': { byDefault: 'Enable', values: ['Enable', 'Disable'] },
  '/ssm/managed-instance/activation-tier': { byDefault: 'standard', values: ['standard', 'advanced'] },
  '/ssm/managed-instance/default-ec2-instance-management-role': { byDefault: '$None', values: null },
  '/ssm/opsinsights/opscenter': { byDefault: 'Disabled', values: ['Enabled', 'Disabled'] },
  '/ssm/parameter-store/default-parameter-tier': {
    byDefault: 'Standard',
    values: ['Standard', 'Advanced', 'Intelligent-Tiering'],
  },
  '/ssm/parameter-store/high-throughput-enabled': { byDefault: 'false', values: ['true', 'false'] },
};

export type StoredSetting = typeof serviceSetting.$inferSelect;

/** The row of a setting that was changed, or null where the default holds. */
export async function storedSetting(call: Call, settingId: string): Promise<StoredSetting | null> {
  const isIt = and(eq(serviceSetting.account, call.account), eq(serviceSetting.settingId, settingId));
  const rows = await call.db.select().from(serviceSetting).where(isIt);
  return rows[0] ?? null;
}

/** The present value of one of SETTINGS, for the use case that it governs. */
export async function settingValue(call: Call, settingId: string): Promise<string> {
  const stored = await storedSetting(call, settingId);
  const setting = SETTINGS[settingId];
  if (setting === undefined) throw new Error(`no setting ${settingId}`);
  return stored?.value ?? setting.byDefault;
}
