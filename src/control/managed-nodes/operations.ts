import type { Operations } from '../call.ts';
import { CreateActivation, DeleteActivation, DescribeActivations } from './activations.ts';
import { deregistration, type NodeLeaves, UpdateManagedInstanceRole } from './deregistration.ts';
import { DescribeInstanceInformation, DescribeInstanceProperties } from './describe-nodes.ts';
import { ListInstanceAssociations, UpdateInstanceAssociationStatus, UpdateInstanceInformation } from './heartbeat.ts';
import { ListNodes, ListNodesSummary } from './list-nodes.ts';
import { type IssueNodeCredentials, roleTokens, UpdateManagedInstancePublicKey } from './node-identity.ts';
import { RegisterManagedInstance } from './registration.ts';

/** Operations that an agent calls without a signature: it has no credentials yet. */
export const ANONYMOUS_NODE_OPERATIONS: ReadonlySet<string> = new Set(['RegisterManagedInstance']);

/** Activations, nodes, and the part of the agent's protocol that AWS's public model leaves out. */
export function managedNodeOperations(needs: {
  readonly issueNodeCredentials: IssueNodeCredentials;
  readonly nodeLeaves: readonly NodeLeaves[];
}): Operations {
  return {
    CreateActivation,
    DeleteActivation,
    DescribeActivations,
    DescribeInstanceInformation,
    DescribeInstanceProperties,
    ListNodes,
    ListNodesSummary,
    DeregisterManagedInstance: deregistration(needs.nodeLeaves),
    UpdateManagedInstanceRole,
    RegisterManagedInstance,
    RequestManagedInstanceRoleToken: roleTokens(needs.issueNodeCredentials),
    UpdateManagedInstancePublicKey,
    UpdateInstanceInformation,
    ListInstanceAssociations,
    UpdateInstanceAssociationStatus,
  };
}
