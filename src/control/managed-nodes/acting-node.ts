import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';

/**
 * The node that calls, proved by its signature. Throws AccessDeniedException for anyone else, and when the call speaks
 * of another node than the caller (`claimed`): a node acts for itself alone.
 */
export function actingNode(call: Call, claimed?: string): string {
  const { role, instanceId } = call.principal;
  if (role !== 'node' || instanceId === null)
    throw new AwsError('AccessDeniedException', 'Only a managed node may make this call.');
  if (claimed !== undefined && claimed !== instanceId)
    throw new AwsError('AccessDeniedException', `${instanceId} may not act for another node.`);
  return instanceId;
}
