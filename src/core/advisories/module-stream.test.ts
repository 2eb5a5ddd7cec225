import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moduleOfTitle, sameModule } from './module-stream.ts';

test('the stream is found in the titles that vendors write', () => {
  const streams = [
    'virt:rhel bug fix update',
    'Important: container-tools:rhel8 security update',
    'Moderate: httpd:2.4/mod_http2 security update',
    'new module: php:8.0',
    'ALSA-2022:5468: php:8.0 security update (Important)',
    'Important: virt:rhel and virt-devel:rhel security update',
    'Important: kernel security update',
    'Moderate: idm:DL1 security update',
    '',
  ].map(moduleOfTitle);
  assert.deepEqual(streams, [
    'virt:rhel',
    'container-tools:rhel8',
    'httpd:2.4',
    'php:8.0',
    'php:8.0',
    null,
    null,
    'idm:DL1',
    null,
  ]);
});

const PLAIN = '10-1.el8';
const BUILD = '10-1.module_el8.9.0+1+aa';

test('a fix reaches packages of its own stream only', () => {
  const matches = (
    module: string | undefined,
    fixed: string,
    wanted: string | null | undefined,
    availableVersion: string,
  ) =>
    sameModule(
      module === undefined ? { fixed } : { module, fixed },
      wanted === undefined ? { availableVersion } : { module: wanted, availableVersion },
    );
  assert.equal(matches('nodejs:18', BUILD, 'nodejs:18', BUILD), true);
  assert.equal(matches('nodejs:18', BUILD, 'nodejs:20', BUILD), false);
  assert.equal(matches('nodejs:18', BUILD, null, PLAIN), false);
  assert.equal(matches('nodejs:18', BUILD, undefined, BUILD), true);
  assert.equal(matches('nodejs:18', BUILD, undefined, PLAIN), false);
  assert.equal(matches(undefined, BUILD, 'nodejs:18', BUILD), true);
  assert.equal(matches(undefined, PLAIN, 'nodejs:18', BUILD), false);
  assert.equal(matches(undefined, PLAIN, undefined, PLAIN), true);
});
