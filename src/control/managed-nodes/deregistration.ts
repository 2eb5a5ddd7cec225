import type { DeregisterManagedInstanceRequest, UpdateManagedInstanceRoleRequest } from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { deleteAllTags } from '../tags/tags.ts';

/** What another use case does when a node goes: revokes its credentials, drops its inventory. */
export type NodeLeaves = (db: Database, account: string, instanceId: string) => Promise<void>;

/**
 * DeregisterManagedInstance: the node, its key and its tags are gone and its credentials with them; the history of its
 * commands stays. To come back it registers anew and gets another id.
 */
export function deregistration(leaves: readonly NodeLeaves[]) {
  return async (call: Call, { InstanceId = '' }: DeregisterManagedInstanceRequest): Promise<object> => {
    await call.db.transaction(async (tx) => {
      const gone = await tx
        .delete(node)
        .where(and(eq(node.account, call.account), eq(node.instanceId, InstanceId)))
        .returning({ id: node.instanceId });
      if (gone.length === 0) throw unknownNode(InstanceId);
      await deleteAllTags(tx, call.account, 'ManagedInstance', InstanceId);
      for (const leave of leaves) await leave(tx, call.account, InstanceId);
    });
    return {};
  };
}

export async function UpdateManagedInstanceRole(call: Call, input: UpdateManagedInstanceRoleRequest): Promise<object> {
  const InstanceId = input.InstanceId ?? '';
  const changed = await call.db
    .update(node)
    .set({ iamRole: input.IamRole ?? '' })
    .where(and(eq(node.account, call.account), eq(node.instanceId, InstanceId)))
    .returning({ id: node.instanceId });
  if (changed.length === 0) throw unknownNode(InstanceId);
  return {};
}

function unknownNode(id: string): AwsError {
  return new AwsError('InvalidInstanceId', `Instance Id ${id} is not a managed node of this account.`);
}
