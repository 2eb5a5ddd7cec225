import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { verifyKeys, verifyNodeKey } from '../../test/signatures.ts';
import { publicHalf } from './key-pair.ts';
import { signWithKeys, signWithNodeKey } from './sign.ts';

const AT = new Date('2026-11-22T09:12:56.789Z');
const KEYS = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret/+=', sessionToken: 'token//==' };
const SCOPE = { region: 'eu-central-1', service: 'ec2messages', at: AT };
const HEADERS = {
  host: '127.0.0.1:8420',
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'EC2WindowsMessageDeliveryService.GetMessages',
};
const BODY = '{"Destination":"mi-0123456789abcdef0"}';

/** The same request signed by botocore at the same time. */
const BOTOCORE = `
import datetime, json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import botocore.auth
at = datetime.datetime(2026, 11, 22, 9, 12, 56)
botocore.auth.get_current_datetime = lambda *a, **k: at
host, headers, body = json.loads(sys.argv[1])
request = AWSRequest('POST', 'http://' + host + '/', headers=headers, data=body.encode())
SigV4Auth(Credentials('ASIAEXAMPLE', 'secret/+=', 'token//=='), 'ec2messages', 'eu-central-1').add_auth(request)
print(request.headers['Authorization'])
`;

test('A call is signed as botocore signs it', (t) => {
  const { authorization } = signWithKeys({ headers: HEADERS, body: BODY }, SCOPE, KEYS);
  const { host, ...headers } = HEADERS;
  const run = spawnSync('python3', ['-c', BOTOCORE, JSON.stringify([host, headers, BODY])], { encoding: 'utf8' });
  if (run.status !== 0) {
    assert.match(`${run.error ?? run.stderr}`, /ENOENT|No module named/);
    return t.skip('python3 with botocore is not there');
  }
  assert.equal(authorization, run.stdout.trim());
});

test('What is signed is verified by the one who has the other half of the key, and by nobody else', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const node = { instanceId: 'mi-0123456789abcdef0', key: privateKey };
  const known = { id: KEYS.accessKeyId, secret: KEYS.secretAccessKey, token: KEYS.sessionToken };
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (body, other) => {
      const keyed = signWithKeys({ headers: HEADERS, body }, SCOPE, KEYS);
      const owned = signWithNodeKey({ headers: HEADERS, body }, SCOPE, node);
      assert.equal(verifyKeys({ headers: keyed, body }, known, AT), null);
      assert.equal(verifyNodeKey({ headers: owned, body }, node.instanceId, publicHalf(privateKey), AT), null);
      if (other === body) return;
      assert.notEqual(verifyKeys({ headers: keyed, body: other }, known, AT), null);
      assert.notEqual(
        verifyNodeKey({ headers: owned, body: other }, node.instanceId, publicHalf(privateKey), AT),
        null,
      );
    }),
    { numRuns: 30 },
  );
});
