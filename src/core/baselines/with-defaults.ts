import { isApt } from './filter-vocabulary.ts';
import type { PatchBaseline, PatchRule } from './types.ts';

/** The baseline as GetPatchBaseline answers it: the defaults of each rule written out as well. */
export function withDefaults(baseline: PatchBaseline): PatchBaseline {
  const rules = baseline.ApprovalRules.PatchRules.map((rule) => ruleWithDefaults(rule, baseline));
  return { ...baseline, ApprovalRules: { PatchRules: rules } };
}

function ruleWithDefaults(rule: PatchRule, baseline: PatchBaseline): PatchRule {
  const { PatchFilterGroup, Kintsugi, ApproveAfterDays, ApproveUntilDate } = rule;
  const atOnce = isApt(baseline.OperatingSystem) && ApproveUntilDate === undefined ? 0 : undefined;
  const days = ApproveAfterDays ?? atOnce;
  return {
    PatchFilterGroup,
    ComplianceLevel: rule.ComplianceLevel ?? 'UNSPECIFIED',
    ...(days !== undefined && { ApproveAfterDays: days }),
    ...(ApproveUntilDate !== undefined && { ApproveUntilDate }),
    EnableNonSecurity: rule.EnableNonSecurity ?? false,
    ...(Kintsugi && { Kintsugi }),
  };
}
