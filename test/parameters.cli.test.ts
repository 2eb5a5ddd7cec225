import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { complianceOperations } from '../src/control/compliance/operations.ts';
import { inventoryOperations } from '../src/control/inventory/operations.ts';
import { parameterExists, parameterOperations } from '../src/control/parameter-store/operations.ts';
import { serviceSettingOperations } from '../src/control/service-settings/operations.ts';
import { tagOperations } from '../src/control/tags/operations.ts';
import { loadModel } from '../src/gateway/model/load.ts';
import type { Service } from '../src/gateway/service.ts';
import { node } from '../src/store/schema/nodes.ts';
import { type Ground, hasAwsCli, startTestServer, type TestServer } from './server.ts';

const skip = hasAwsCli() ? false : 'no AWS CLI on this machine';
const NODE = `mi-${'2'.repeat(17)}`;

let server: TestServer;
before(async () => {
  server = await startTestServer({ services: (ground) => [serviceOf(ground)] });
  const registeredAt = new Date();
  const fixed = { activationId: 'a', iamRole: 'r', fingerprint: 'f', publicKey: Buffer.of(1), registeredAt };
  const told = { lastPingAt: registeredAt, platformType: 'Linux', platformName: 'Debian GNU/Linux' };
  await server.store.db.insert(node).values({ account: '000000000000', instanceId: NODE, ...fixed, ...told });
});
after(() => server.dispose());

function serviceOf({ sealer }: Ground): Service {
  return {
    name: 'ssm',
    targetPrefix: 'AmazonSSM',
    jsonVersion: '1.1',
    model: loadModel('ssm'),
    operations: {
      ...complianceOperations,
      ...inventoryOperations,
      ...parameterOperations({ sealer }),
      ...serviceSettingOperations,
      ...tagOperations({ Parameter: parameterExists }),
    },
    anonymous: new Set(),
  };
}

/** In this process; the answer is held against the model. */
async function call(operation: string, input: object) {
  const { status, json, text } = await server.call('ssm', operation, input);
  assert.equal(status, 200, `${operation}: ${text}`);
  return json;
}

test('answers of Parameter Store, settings and policies have the shapes of the model', async () => {
  const Policies = JSON.stringify([
    { Type: 'Expiration', Version: '1.0', Attributes: { Timestamp: '2999-01-01T00:00:00Z' } },
  ]);
  const first = { Name: '/shape/a', Value: 'x', Type: 'SecureString', Tier: 'Advanced', Policies, Description: 'd' };
  await call('PutParameter', { ...first, Tags: [{ Key: 'a', Value: 'b' }] });
  await call('LabelParameterVersion', { Name: '/shape/a', Labels: ['one', '2'] });
  await call('GetParameter', { Name: '/shape/a:one', WithDecryption: true });
  await call('GetParameters', { Names: ['/shape/a', 'none'] });
  await call('GetParametersByPath', { Path: '/shape' });
  const { Parameters } = await call('GetParameterHistory', { Name: '/shape/a' });
  assert.equal(Parameters[0].Policies[0].PolicyType, 'Expiration');
  await call('DescribeParameters', { ParameterFilters: [{ Key: 'tag:a', Values: ['b'] }] });
  await call('UnlabelParameterVersion', { Name: '/shape/a', ParameterVersion: 1, Labels: ['one'] });
  await call('ListTagsForResource', { ResourceType: 'Parameter', ResourceId: '/shape/a' });
  const SettingId = '/ssm/opsinsights/opscenter';
  await call('UpdateServiceSetting', { SettingId, SettingValue: 'Enabled' });
  await call('GetServiceSetting', { SettingId });
  await call('ResetServiceSetting', { SettingId });
  const { ARN } = (await call('GetParameter', { Name: '/shape/a' })).Parameter;
  const Policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ssm:GetParameter"}]}';
  const policy = await call('PutResourcePolicy', { ResourceArn: ARN, Policy });
  await call('GetResourcePolicies', { ResourceArn: ARN });
  await call('DeleteResourcePolicy', { ResourceArn: ARN, ...policy });
  await call('DeleteParameters', { Names: ['/shape/a', 'none'] });
});

test('answers of inventory and compliance have the shapes of the model', async () => {
  const item = { TypeName: 'Custom:Rack', SchemaVersion: '1.0', CaptureTime: '2026-01-01T00:00:00Z' };
  await call('PutInventory', { InstanceId: NODE, Items: [{ ...item, Content: [{ Bay: 'B' }], ContentHash: 'h' }] });
  await call('ListInventoryEntries', { InstanceId: NODE, TypeName: 'Custom:Rack' });
  await call('GetInventory', { ResultAttributes: [{ TypeName: 'Custom:Rack' }] });
  await call('GetInventory', { Aggregators: [{ Expression: 'AWS:InstanceInformation.PlatformType' }] });
  await call('GetInventorySchema', {});
  await call('DeleteInventory', { TypeName: 'Custom:Rack', SchemaDeleteOption: 'DeleteSchema' });
  await call('DescribeInventoryDeletions', {});
  const resource = { ResourceId: NODE, ResourceType: 'ManagedInstance', ComplianceType: 'Custom:AVCheck' };
  const Items = [{ Id: 'i', Title: 't', Severity: 'HIGH', Status: 'NON_COMPLIANT', Details: { a: 'b' } }];
  await call('PutComplianceItems', { ...resource, ExecutionSummary: { ExecutionTime: 1_700_000_000 }, Items });
  await call('ListComplianceItems', { ResourceIds: [NODE], ResourceTypes: ['ManagedInstance'] });
  await call('ListComplianceSummaries', {});
  await call('ListResourceComplianceSummaries', {});
});

test('texts that no column takes never fail the server', async () => {
  const resource = { ResourceId: NODE, ResourceType: 'ManagedInstance', ComplianceType: 'Custom:Odd' };
  const item = { TypeName: 'Custom:Odd', SchemaVersion: '1.0', CaptureTime: '2026-01-01T00:00:00Z' };
  for (const odd of ['\0', '\ud800', 'a\0b', '\uffff']) {
    const Items = [{ Id: odd, Severity: 'LOW', Status: 'COMPLIANT', Details: { [odd]: odd } }];
    const inputs: [string, object][] = [
      ['PutParameter', { Name: 'odd', Value: odd, Type: 'String', Overwrite: true, Description: odd }],
      ['PutParameter', { Name: odd, Value: 'x', Type: 'String' }],
      ['GetParameter', { Name: odd }],
      ['DescribeParameters', { ParameterFilters: [{ Key: 'Name', Values: [odd] }] }],
      ['DescribeParameters', { ParameterFilters: [{ Key: `tag:${odd}`, Values: [odd] }] }],
      ['LabelParameterVersion', { Name: 'odd', Labels: [odd] }],
      ['ListTagsForResource', { ResourceType: 'Parameter', ResourceId: odd }],
      ['GetResourcePolicies', { ResourceArn: `arn:aws:ssm:eu-west-1:000000000000:parameter/${odd}` }],
      ['UpdateServiceSetting', { SettingId: '/ssm/automation/customer-script-log-group-name', SettingValue: odd }],
      ['PutComplianceItems', { ...resource, ExecutionSummary: { ExecutionTime: 1, ExecutionId: odd }, Items }],
      ['ListComplianceItems', { ResourceIds: [NODE], Filters: [{ Key: 'Title', Values: [odd] }] }],
      ['PutInventory', { InstanceId: NODE, Items: [{ ...item, Content: [{ [odd]: odd }], ContentHash: odd }] }],
      ['GetInventory', { Filters: [{ Key: `Custom:Odd.${odd}`, Values: [odd] }] }],
      ['GetInventory', { Aggregators: [{ Expression: `Custom:Odd.${odd}` }] }],
    ];
    for (const [operation, input] of inputs) {
      const { status, text } = await server.call('ssm', operation, input);
      assert.ok(status === 200 || status === 400, `${operation}: ${text}`);
    }
  }
});

const aws = (command: string, ...more: string[]) => server.aws('ssm', ...command.split(' '), ...more);

test('the AWS CLI keeps a secret, reads it back by label and finds it by its tag', { skip }, async () => {
  const made = await aws(
    'put-parameter --name /cli/db/password --type SecureString --value s3cret --tags Key=env,Value=prod',
  );
  assert.deepEqual(made, { Version: 1, Tier: 'Standard' });
  await aws('put-parameter --name /cli/db/password --value newer --overwrite');
  await aws('label-parameter-version --name /cli/db/password --parameter-version 1 --labels before');
  const read = await aws('get-parameter --name /cli/db/password:before --with-decryption');
  assert.deepEqual([read.Parameter.Value, read.Parameter.Selector], ['s3cret', ':before']);
  const found = await aws('describe-parameters --parameter-filters Key=tag:env,Values=prod');
  assert.deepEqual(
    found.Parameters.map(({ Name }: { Name: string }) => Name),
    ['/cli/db/password'],
  );
  await assert.rejects(
    aws('put-parameter --name /cli/db/password --type SecureString --value x'),
    /ParameterAlreadyExists/,
  );
  await assert.rejects(aws('get-parameter --name /cli/none'), /ParameterNotFound/);
});

test('the AWS CLI walks a hierarchy page by page', { skip }, async () => {
  for (let at = 0; at < 12; at += 1)
    await call('PutParameter', { Name: `/walk/${at % 3}/p${at}`, Value: 'x', Type: 'String' });
  const all = await aws('get-parameters-by-path --path /walk --recursive --page-size 5');
  assert.equal(all.Parameters.length, 12);
  const one = await aws('get-parameters-by-path --path /walk/1 --query', 'Parameters[].Name');
  assert.deepEqual(one, ['/walk/1/p1', '/walk/1/p10', '/walk/1/p4', '/walk/1/p7']);
});

test('the AWS CLI puts inventory and compliance and reads both back', { skip }, async () => {
  const items = [
    {
      TypeName: 'Custom:RackInfo',
      SchemaVersion: '1.0',
      CaptureTime: '2026-01-22T10:01:01Z',
      Content: [{ Rack: 'D' }],
    },
  ];
  await aws(`put-inventory --instance-id ${NODE} --items`, JSON.stringify(items));
  const { Entries } = await aws(`list-inventory-entries --instance-id ${NODE} --type-name Custom:RackInfo`);
  assert.deepEqual(Entries, [{ Rack: 'D' }]);
  const { Entities } = await aws('get-inventory --filters Key=Custom:RackInfo.Rack,Values=D,Type=Equal');
  assert.equal(Entities[0].Data['AWS:InstanceInformation'].Content[0].PlatformName, 'Debian GNU/Linux');
  const what = `--resource-id ${NODE} --resource-type ManagedInstance --compliance-type Custom:Virus`;
  const how = '--execution-summary ExecutionTime=2026-02-18T16:00:00Z --items';
  await aws(`put-compliance-items ${what} ${how} Id=Version2.0,Title=ScanHost,Severity=CRITICAL,Status=NON_COMPLIANT`);
  const filter = ['--filters', 'Key=ComplianceType,Values=Custom:Virus,Type=EQUAL'];
  const { ComplianceSummaryItems } = await aws('list-compliance-summaries', ...filter);
  assert.equal(ComplianceSummaryItems[0].NonCompliantSummary.SeveritySummary.CriticalCount, 1);
  const { ComplianceItems } = await aws(`list-compliance-items --resource-ids ${NODE}`, ...filter);
  assert.equal(ComplianceItems[0].Title, 'ScanHost');
});

test('the AWS CLI reads a service setting by its ARN', { skip }, async () => {
  const arn = 'arn:aws:ssm:eu-west-1:000000000000:servicesetting/ssm/parameter-store/high-throughput-enabled';
  const { ServiceSetting } = await aws(`get-service-setting --setting-id ${arn}`);
  assert.deepEqual([ServiceSetting.SettingValue, ServiceSetting.Status], ['false', 'Default']);
});
