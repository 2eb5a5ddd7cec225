import { invalidArn } from './arns.ts';

/**
 * Roles are kept and shown, and give no rights here: what an execution may do, it does with the server's own. Throws
 * InvalidArn for what is no role of IAM.
 */
export function checkRoleArn(arn: string): string {
  if (!/^arn:aws(?:-[a-z-]+)?:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/.test(arn))
    throw invalidArn(`Invalid Role Arn: ${arn.replace(/[^\x20-\x7e]/g, '?')}`);
  return arn;
}
