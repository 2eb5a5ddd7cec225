import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchObject, s3FromEnvironment } from './fetch-object.ts';
import { signedGet } from './signed-get.ts';

const limits = { mostBytes: 1000, timeoutMs: 1000, mostRedirects: 0, allowPrivate: false };

// The example "GET Object" of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
test('a GET is signed as the example of AWS is', () => {
  const { url, headers } = signedGet(
    { origin: 'https://examplebucket.s3.amazonaws.com', path: '/test.txt', region: 'us-east-1' },
    {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      sessionToken: null,
    },
    new Date('2013-05-24T00:00:00Z'),
    { range: 'bytes=0-9' },
  );
  assert.equal(url, 'https://examplebucket.s3.amazonaws.com/test.txt');
  assert.match(
    headers.authorization ?? '',
    /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
  );
});

test('a key is encoded once, and keeps its slashes', () => {
  const { url } = signedGet(
    { origin: 'https://s3.example.org', path: "/bucket/a b/it's+1.yaml", region: 'eu-west-1' },
    { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    new Date(0),
  );
  assert.equal(url, 'https://s3.example.org/bucket/a%20b/it%27s%2B1.yaml');
});

test('without credentials, and for what is no bucket, nothing is asked', async () => {
  const nobody = s3FromEnvironment({}, 'us-east-1');
  await assert.rejects(fetchObject('s3://bucket/list.yaml', nobody, limits, new Date()), {
    code: 'FetchRefused',
    message: /started without AWS_ACCESS_KEY_ID/,
  });
  const somebody = s3FromEnvironment({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, 'us-east-1');
  for (const address of ['s3://UPPER/x', 's3://a/x', 's3://bucket/', 's3://evil.host@x/y', 'https://bucket/x'])
    await assert.rejects(fetchObject(address, somebody, limits, new Date()), { code: 'FetchRefused' });
});
