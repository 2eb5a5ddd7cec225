import { AwsError } from '../../core/aws-error.ts';
import { checkBaseline } from '../../core/baselines/baseline-value.ts';
import type { BaselineIssue } from '../../core/baselines/issue.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';

/** The baseline of an API call with every default; throws ValidationException that tells each fault with its member. */
export function acceptBaseline(input: object): PatchBaseline {
  const checked = checkBaseline(input);
  if (!checked.ok) throw validationError(checked.issues);
  return checked.baseline;
}

function validationError(issues: readonly BaselineIssue[]): AwsError {
  const told = issues.map(({ path, message }) => {
    // The line of the first of two filters, which a call does not have.
    const text = message.replace(/, the first is on line \d+/, '');
    return `Value at '${memberPath(path)}' failed to satisfy constraint: ${text}`;
  });
  const count = `${told.length} validation error${told.length === 1 ? '' : 's'} detected`;
  return new AwsError('ValidationException', `${count}: ${told.join('; ')}`);
}

/** `ApprovalRules.PatchRules[0]` as AWS writes it: `approvalRules.patchRules.1.member`. */
function memberPath(path: string): string {
  return path
    .replace(/\[(\d+)\]/g, (_, index: string) => `.${Number(index) + 1}.member`)
    .split('.')
    .map((word) => word.charAt(0).toLowerCase() + word.slice(1))
    .join('.');
}
