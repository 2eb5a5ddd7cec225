import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advisedSource } from './kernel-source.ts';

test('a signed kernel is of the source that advisories name, at the version of its binary', () => {
  const kernels: [string, string][] = [
    ['linux-signed-amd64', 'linux'],
    ['linux-signed-arm64', 'linux'],
    ['linux-signed-6.1-amd64', 'linux-6.1'],
    ['linux-signed', 'linux'],
    ['linux-signed-hwe-6.8', 'linux-hwe-6.8'],
  ];
  for (const [source, advised] of kernels) {
    const kernel = { source, sourceVersion: '6.1.176+1', version: '6.1.176-1' };
    assert.deepEqual(advisedSource(kernel), { source: advised, sourceVersion: '6.1.176-1' });
  }
});

test('any other source stays as it is', () => {
  for (const source of ['linux', 'linux-base', 'linux-signedness', 'openssl']) {
    assert.deepEqual(advisedSource({ source, sourceVersion: '2', version: '1' }), { source, sourceVersion: '2' });
  }
});
