import { randomUUID } from 'node:crypto';

/** How long an EXPRESS execution may take: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const EXPRESS_MS = 300_000;

/** An EXPRESS execution's name may be given again and again: each has an ARN of its own. */
export function expressArn(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':express:')}:${name}:${randomUUID()}`;
}
