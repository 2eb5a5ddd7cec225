import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { constants, generateKeyPairSync, sign as rsaSign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Outgoing, sign } from '../../../test/sign.ts';
import { readClaim } from './authorization.ts';
import { canonicalRequest, type SignedRequest, sha256 } from './canonical.ts';
import { checkNodeSignature, checkSignature } from './verify.ts';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const NOW = new Date('2026-11-22T21:30:00Z');

const OUTGOING: Outgoing = {
  method: 'POST',
  url: '/',
  headers: {
    host: '127.0.0.1:8420',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonSSM.ListTags',
  },
  body: '{"A":"ü"}',
};

function signed(outgoing: Outgoing = OUTGOING, now = NOW): SignedRequest {
  const headers = Object.entries(sign(outgoing, KEY, { service: 'ssm', region: 'eu-west-1', now }));
  return { method: outgoing.method, url: outgoing.url, headers, body: Buffer.from(outgoing.body) };
}

function accept(request: SignedRequest, secret = KEY.secretAccessKey, now = NOW): void {
  checkSignature(request, readClaim(request, 'ssm', now), secret);
}

function withHeader(request: SignedRequest, name: string, value: string | null): SignedRequest {
  const others = request.headers.filter(([one]) => one !== name);
  return { ...request, headers: value === null ? others : [...others, [name, value]] };
}

function authorization(request: SignedRequest, change: (text: string) => string): SignedRequest {
  const [, value = ''] = request.headers.find(([name]) => name === 'authorization') ?? [];
  return withHeader(request, 'authorization', change(value));
}

describe('signature version 4', () => {
  it('accepts what was signed with the secret, and nothing signed with another', () => {
    accept(signed());
    assert.throws(() => accept(signed(), 'another'), {
      code: 'InvalidSignatureException',
      message: /^The request signature we calculated does not match the signature you provided\. Check your AWS Secret/,
    });
  });

  it('derives the signature of the example in the AWS documentation', () => {
    const request: SignedRequest = {
      method: 'GET',
      url: '/?Version=2010-05-08&Action=ListUsers',
      headers: [
        ['Host', 'iam.amazonaws.com'],
        ['Content-Type', 'application/x-www-form-urlencoded;   charset=utf-8 '],
        ['X-Amz-Date', '20150830T123600Z'],
      ],
      body: Buffer.alloc(0),
    };
    const canonical = canonicalRequest(request, ['content-type', 'host', 'x-amz-date']);
    assert.equal(sha256(canonical), 'f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59');
    const scope =
      'Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date';
    const signature = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
    const whole = withHeader(request, 'Authorization', `AWS4-HMAC-SHA256 ${scope}, Signature=${signature}`);
    const claim = readClaim(whole, 'iam', new Date('2015-08-30T12:36:00Z'));
    checkSignature(whole, claim, 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
  });

  it('refuses any change of a byte of method, path, signed headers or body', () => {
    const at = fc.nat(200);
    const part = fc.constantFrom(
      'method',
      'url',
      'body',
      'host',
      'content-type',
      'x-amz-target',
      'x-amz-date',
      'authorization',
    );
    const flip = (text: string, index: number, by: number) => {
      const bytes = Buffer.from(text);
      const place = index % bytes.length;
      bytes[place] = 0x21 + (((((bytes[place] ?? 0) - 0x21 + by) % 94) + 94) % 94);
      return bytes.toString();
    };
    fc.assert(
      fc.property(part, at, fc.integer({ min: 1, max: 93 }), (where, index, by) => {
        const request = signed({ ...OUTGOING, url: '/a?b=c', body: '{"A":"u"}' });
        const [, value = ''] = request.headers.find(([name]) => name === where) ?? [];
        // Another access key id has another secret: that is not for this check to see.
        const scope = where === 'authorization' ? value.indexOf('/') : 0;
        const changed =
          where === 'method'
            ? { ...request, method: flip(request.method, index, by) }
            : where === 'url'
              ? { ...request, url: flip('/a?b=c', 1 + (index % 5), by) }
              : where === 'body'
                ? { ...request, body: Buffer.from(flip('{"A":"u"}', index, by)) }
                : withHeader(request, where, value.slice(0, scope) + flip(value.slice(scope), index, by));
        assert.throws(() => accept(changed), /./);
      }),
      { numRuns: 400 },
    );
  });

  it('folds white space, joins repeated headers, and takes them in any letter case', () => {
    const request = signed({ ...OUTGOING, headers: { ...OUTGOING.headers, 'x-amz-meta': 'a b,c' } });
    const spelled = withHeader(withHeader(request, 'x-amz-meta', null), 'X-Amz-Meta', '  a    b ');
    accept({ ...spelled, headers: [...spelled.headers, ['X-AMZ-META', 'c']] });
  });

  it('holds the hash that a header tells against the body', () => {
    const told = (hash: string) =>
      signed({ ...OUTGOING, headers: { ...OUTGOING.headers, 'x-amz-content-sha256': hash } });
    accept(told(sha256(Buffer.from(OUTGOING.body))));
    for (const hash of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', sha256('')]) {
      assert.throws(() => accept(told(hash)), { code: 'InvalidSignatureException', message: /x-amz-content-sha256/ });
    }
  });

  it('allows five minutes of skew, and says the times beyond', () => {
    const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
    accept(signed(), undefined, minutes(5));
    accept(signed(), undefined, minutes(-5));
    assert.throws(() => accept(signed(), undefined, minutes(10)), {
      code: 'InvalidSignatureException',
      message: 'Signature expired: 20261122T213000Z is now earlier than 20261122T213500Z (20261122T214000Z - 5 min.)',
    });
    assert.throws(() => accept(signed(), undefined, minutes(-10)), {
      message:
        'Signature not yet current: 20261122T213000Z is still later than 20261122T212500Z (20261122T212000Z + 5 min.)',
    });
  });

  it('wants the host and every x-amz- header signed', () => {
    const unsigned = withHeader(signed(), 'x-amz-extra', '1');
    assert.throws(() => accept(unsigned), {
      message: "'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.",
    });
    const hostless = authorization(signed(), (text) => text.replace('host;', ''));
    assert.throws(() => accept(hostless), {
      message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    });
  });

  it('takes a Date header in place of X-Amz-Date only when it is signed', () => {
    const dated = withHeader(withHeader(signed(), 'x-amz-date', null), 'date', NOW.toUTCString());
    assert.throws(() => accept(dated), { message: "'Date' must be a 'SignedHeader' in the AWS Authorization." });
  });

  it('says what is missing or wrong in the header', () => {
    const incomplete = (request: SignedRequest, message: RegExp) =>
      assert.throws(() => accept(request), { code: 'IncompleteSignatureException', message });
    assert.throws(() => accept(withHeader(signed(), 'authorization', null)), {
      code: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    });
    incomplete(
      authorization(signed(), () => 'Bearer abc'),
      /^Unsupported AWS 'algorithm': 'Bearer'\.$/,
    );
    incomplete(
      authorization(signed(), () => 'AWS4-HMAC-SHA256 '),
      /not a valid key=value pair \(missing equal-sign\) in Authorization header/,
    );
    incomplete(
      authorization(signed(), (text) => text.replace(/, Signature=.*/, '')),
      /^Authorization header requires 'Signature' parameter\. \(Hashed with SHA-256 and encoded with Base64\) Authorization=/,
    );
    incomplete(
      authorization(signed(), (text) => `${text}, Signature=again`),
      /not a valid key=value pair/,
    );
    incomplete(
      authorization(signed(), (text) => text.replace('/aws4_request', '')),
      /^Credential must have exactly 5 slash-delimited elements/,
    );
    incomplete(withHeader(signed(), 'x-amz-date', 'yesterday'), /either a 'X-Amz-Date' or a 'Date' header/);
    incomplete(
      { ...withHeader(signed(), 'authorization', null), url: '/?X-Amz-Signature=a' },
      /^Presigned requests are not/,
    );
    incomplete({ ...signed(), headers: [...signed().headers, ...signed().headers] }, /pair|header/);
  });

  it('wants the scope of the service, the day of the date, and any region', () => {
    const scoped = (from: string, to: string) => authorization(signed(), (text) => text.replace(from, to));
    const refused = (request: SignedRequest, message: RegExp) =>
      assert.throws(() => accept(request), { code: 'InvalidSignatureException', message });
    refused(scoped('/ssm/', '/ec2/'), /Credential should be scoped to correct service: 'ssm'\./);
    refused(scoped('aws4_request', 'aws5_request'), /valid terminator: 'aws4_request', not 'aws5_request'\./);
    refused(scoped('/20261122/', '/20261121/'), /'20261121' != '20261122', from '20261122T213000Z'\./);
    refused(scoped('/eu-west-1/', '//'), /valid region/);
    for (const region of ['us-east-1', 'anywhere']) {
      const headers = Object.entries(sign(OUTGOING, KEY, { service: 'ssm', region, now: NOW }));
      accept({ ...signed(), headers });
    }
  });

  it('accepts what botocore signs', (t) => {
    const program = `
import json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
signed = []
for case in json.load(sys.stdin):
    request = AWSRequest(method=case["method"], url="http://127.0.0.1:8420" + case["url"], headers=case["headers"], data=case["body"].encode())
    SigV4Auth(Credentials("AKIAIOSFODNN7EXAMPLE", "secret", case.get("token")), "ssm", "eu-west-1").add_auth(request)
    prepared = request.prepare()
    signed.append(list(prepared.headers.items()) + [["Host", "127.0.0.1:8420"]])
print(json.dumps(signed))`;
    const plain = { method: 'POST', url: '/', headers: { 'Content-Type': 'application/x-amz-json-1.1' }, body: '{}' };
    const cases = [
      plain,
      { ...plain, token: 'a/token+with=signs' },
      { ...plain, body: '{"Description":"Grüße 🙂"}' },
      { ...plain, headers: { 'X-Amz-Target': 'AmazonSSM.ListTags', 'X-Amz-Meta': '  two   words ' } },
      { ...plain, url: '/a%20b/../c//d/./%C3%BC*~/' },
      { ...plain, method: 'GET', url: '/?b=2&a=1&a=0&empty=&c=%2F%20x' },
    ];
    const { status, stdout } = spawnSync('python3', ['-c', program], {
      input: JSON.stringify(cases),
      encoding: 'utf8',
    });
    if (status !== 0) return t.skip('no python3 with botocore here');
    const results = JSON.parse(stdout) as [string, string][][];
    assert.equal(results.length, cases.length);
    for (const [index, headers] of results.entries()) {
      const { method, url, body } = cases[index] ?? plain;
      accept({ method, url, headers, body: Buffer.from(body) }, 'secret', new Date());
    }
  });

  it("accepts a node's RSA-PSS signature with one of its keys, and no other", () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const der = (key: typeof publicKey) => key.export({ format: 'der', type: 'spki' });
    const request = authorization(signed(), (text) => text.replace(KEY.accessKeyId, 'mi-0123456789abcdef0'));
    const claim = readClaim(request, 'ssm', NOW);
    const text = `AWS4-HMAC-SHA256\n${claim.timestamp}\n${claim.scope}\n${sha256(canonicalRequest(request, claim.signedHeaders))}`;
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const signature = rsaSign('sha256', Buffer.from(text), { key: privateKey, ...padding }).toString('base64');
    const whole = { ...claim, signature };
    checkNodeSignature(request, whole, [der(other), der(publicKey)]);
    assert.throws(() => checkNodeSignature(request, whole, [der(other)]), { code: 'InvalidSignatureException' });
    assert.throws(() => checkNodeSignature(request, whole, []), { code: 'InvalidSignatureException' });
    const tampered = { ...request, body: Buffer.from('{}') };
    assert.throws(() => checkNodeSignature(tampered, whole, [der(publicKey)]), { code: 'InvalidSignatureException' });
  });
});
