import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { findService, serviceNames } from './services.ts';

test('services are named as Step Functions, npm and the SDK for Java name them', () => {
  const known: [string, string, string][] = [
    ['ec2', 'ec2', 'Ec2'],
    ['sfn', 'sfn', 'Sfn'],
    ['autoscaling', 'auto-scaling', 'AutoScaling'],
    ['elasticloadbalancingv2', 'elastic-load-balancing-v2', 'ElasticLoadBalancingV2'],
    ['dynamodb', 'dynamodb', 'DynamoDb'],
    ['config', 'config-service', 'Config'],
    ['databasemigration', 'database-migration-service', 'DatabaseMigration'],
    ['cloudwatchlogs', 'cloudwatch-logs', 'CloudWatchLogs'],
    ['sesv2', 'sesv2', 'SesV2'],
    ['wafv2', 'wafv2', 'Wafv2'],
    ['iot', 'iot', 'Iot'],
    ['acmpca', 'acm-pca', 'AcmPca'],
    ['secretsmanager', 'secrets-manager', 'SecretsManager'],
    ['route53', 'route-53', 'Route53'],
  ];
  for (const [name, client, errors] of known)
    assert.deepEqual(findService(name), { client: `@aws-sdk/client-${client}`, errors, generic: `${errors}Exception` });
  for (const name of ['', 'EC2', 'none', '__proto__', 'constructor', 'auto-scaling'])
    assert.equal(findService(name), null);
  assert.equal(new Set(serviceNames()).size, serviceNames().length, 'no two have the same name');
});

/** The id stands at the beginning of a model, which is large. */
const LIST = `
import glob, gzip, os, re, sys
try:
    import botocore
except ImportError:
    sys.exit(42)
data = os.path.join(os.path.dirname(botocore.__file__), 'data')
newest = {path.split(os.sep)[-3]: path for path in sorted(glob.glob(os.path.join(data, '*', '*', 'service-2.json*')))}
for path in newest.values():
    head = (gzip.open if path.endswith('.gz') else open)(path, 'rb').read(8192).decode('utf-8', 'ignore')
    print(re.search('"serviceId" *: *"([^"]+)"', head).group(1))
`;

test('every service that botocore knows is there', (t) => {
  const { status, stdout } = spawnSync('python3', ['-c', LIST], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  if (status !== 0) return t.skip('there is no botocore on this machine');
  const named = new Set(serviceNames().map((name) => findService(name)?.client));
  const ids = stdout.trim().split('\n');
  assert.ok(ids.length > 100);
  assert.deepEqual(
    ids.filter((id) => !named.has(`@aws-sdk/client-${id.toLowerCase().replaceAll(' ', '-')}`)),
    [],
  );
});
