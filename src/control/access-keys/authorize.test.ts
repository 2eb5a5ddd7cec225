import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Principal, Role } from '../call.ts';
import { authorize } from './authorize.ts';

const MINE = 'mi-0123456789abcdef0';
const OTHER = 'mi-0fedcba9876543210';

function principal(role: Role, accessKeyId: string | null = 'AKIAAAAAAAAAAAAAAAAA'): Principal {
  const arn = `arn:aws:iam::000000000000:user/${role}`;
  return { account: '000000000000', role, accessKeyId, instanceId: role === 'node' ? MINE : null, arn };
}

function may(who: Principal, call: string, input: Record<string, unknown> = {}): boolean {
  const [service = '', operation = ''] = call.split(':');
  try {
    authorize(who, { service, operation, region: 'eu-west-1', input });
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'AccessDeniedException');
    return false;
  }
}

describe('what a role may do', () => {
  it('is told in the words of AWS where it is refused', () => {
    const call = { service: 'ssm', operation: 'CreatePatchBaseline', region: 'eu-west-1', input: {} };
    assert.throws(() => authorize(principal('viewer'), call), {
      code: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::000000000000:user/viewer is not authorized to perform: ssm:CreatePatchBaseline on resource: arn:aws:ssm:eu-west-1:000000000000:* because no identity-based policy allows the ssm:CreatePatchBaseline action',
    });
  });

  it('is everything but nodes’ own calls for admin and operator', () => {
    for (const role of ['admin', 'operator'] as const) {
      assert.ok(may(principal(role), 'ssm:CreatePatchBaseline'));
      assert.ok(may(principal(role), 'ssm:GetParameter', { WithDecryption: true }));
      assert.ok(may(principal(role), 'sts:GetCallerIdentity'));
      assert.ok(!may(principal(role), 'ec2messages:GetMessages', { Destination: MINE }));
      assert.ok(!may(principal(role), 'ssm:UpdateInstanceInformation', { InstanceId: MINE }));
      assert.ok(!may(principal(role), 'ssm:RequestManagedInstanceRoleToken'));
    }
  });

  it('is reading for a viewer, but not secrets', () => {
    for (const call of [
      'ssm:GetPatchBaseline',
      'ssm:ListCommands',
      'ssm:DescribeActivations',
      'sts:GetCallerIdentity',
    ]) {
      assert.ok(may(principal('viewer'), call), call);
    }
    for (const call of ['ssm:DeletePatchBaseline', 'ssm:SendCommand', 'ssm:PutInventory', 'ec2messages:GetMessages']) {
      assert.ok(!may(principal('viewer'), call), call);
    }
    assert.ok(!may(principal('viewer'), 'ssm:GetParameter', { WithDecryption: true }));
  });

  it('is for a node the agent’s calls about itself', () => {
    const node = principal('node', 'ASIAAAAAAAAAAAAAAAAA');
    assert.ok(may(node, 'ssm:UpdateInstanceInformation', { InstanceId: MINE }));
    assert.ok(may(node, 'ssm:PutComplianceItems', { ResourceId: MINE }));
    assert.ok(may(node, 'ec2messages:GetMessages', { Destination: MINE }));
    assert.ok(may(node, 'ec2messages:SendReply', { MessageId: `aws.ssm.11111111-2222.${MINE}` }));
    assert.ok(may(node, 'ec2messages:SendReply', { MessageId: '11111111-2222-4333-8444-555555555555' }));
    assert.ok(!may(node, 'ssm:UpdateInstanceInformation', { InstanceId: OTHER }));
    assert.ok(!may(node, 'ssm:PutComplianceItems', { ResourceId: OTHER }));
    assert.ok(!may(node, 'ec2messages:GetMessages', { Destination: OTHER }));
    assert.ok(!may(node, 'ec2messages:SendReply', { MessageId: `aws.ssm.11111111-2222.${OTHER}` }));
    for (const call of [
      'ssm:SendCommand',
      'ssm:GetParameter',
      'ssm:DescribeInstanceInformation',
      'ssm:RegisterManagedInstance',
    ]) {
      assert.ok(!may(node, call), call);
    }
  });

  it('is for a node’s registered key to fetch credentials and to replace itself', () => {
    const key = principal('node', MINE);
    assert.ok(may(key, 'ssm:RequestManagedInstanceRoleToken'));
    assert.ok(may(key, 'ssm:UpdateManagedInstancePublicKey'));
    assert.ok(!may(key, 'ssm:UpdateInstanceInformation', { InstanceId: MINE }));
    assert.ok(!may(key, 'ec2messages:GetMessages', { Destination: MINE }));
  });

  it('is to register for everyone without a signature', () => {
    const nobody = principal('node', null);
    assert.ok(may(nobody, 'ssm:RegisterManagedInstance'));
    assert.ok(!may(nobody, 'ssm:ListCommands'));
    assert.ok(!may(nobody, 'ssm:UpdateInstanceInformation', { InstanceId: MINE }));
    assert.ok(!may(nobody, 'sts:GetCallerIdentity'));
  });
});
