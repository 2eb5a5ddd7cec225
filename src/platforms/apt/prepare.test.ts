import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composePrepare, parsePrepared } from './prepare.ts';

const NONCE = 'ab'.repeat(16);
const printed = (name: string, text = '', code = 0) => `\n@@${NONCE} ${name}\n${text}\n@@${NONCE} end ${code}\n`;
const done = printed('done');

test('what an installation would run into is read', () => {
  const output = [
    printed('download', 'Fetched 5 kB in 1s\n'),
    printed('conffiles', 'nginx-common\t/etc/nginx/nginx.conf\nbash\t/etc/a file\n'),
    printed('boot', 'linux-image-6.1.0-56-amd64\t68000000\n'),
    printed('space', '/\t1000\n/boot\t20\n'),
    done,
  ].join('');
  assert.deepEqual(parsePrepared(output, NONCE), {
    busy: false,
    downloadError: null,
    conffiles: [
      { name: 'nginx-common', path: '/etc/nginx/nginx.conf' },
      { name: 'bash', path: '/etc/a file' },
    ],
    boot: [{ name: 'linux-image-6.1.0-56-amd64', bytes: 68_000_000 }],
    space: [
      { mount: '/', freeKiB: 1000 },
      { mount: '/boot', freeKiB: 20 },
    ],
  });
});

test('a number that is none is left out, and so is half a line', () => {
  const output =
    printed('download') + printed('boot', 'a\tmany\nb\t-1\nc\nd\t5\n') + printed('conffiles', 'x\n\t/y\n') + done;
  const prepared = parsePrepared(output, NONCE);
  assert.deepEqual([prepared?.boot, prepared?.conffiles], [[{ name: 'd', bytes: 5 }], []]);
});

test('a download that failed says what apt said, or that it failed', () => {
  const failed = (text: string) => parsePrepared(printed('download', text, 123) + done, NONCE)?.downloadError;
  assert.equal(
    failed(
      'Err:1 http://mirror.example/x\nE: Failed to fetch http://mirror.example/x\nE: Unable to fetch some archives\n',
    ),
    'E: Failed to fetch http://mirror.example/x E: Unable to fetch some archives',
  );
  assert.equal(failed(''), 'apt-get could not fetch the archives');
  assert.equal(parsePrepared(done, NONCE)?.downloadError, 'apt-get could not fetch the archives');
});

test('another run that is at work is told', () => {
  assert.equal(parsePrepared(printed('busy', '', 1) + done, NONCE)?.busy, true);
});

test('an answer that was cut off is none', () => {
  assert.equal(parsePrepared(printed('download') + printed('conffiles'), NONCE), null);
});

test('only names and versions that Debian allows become words of the script', () => {
  const request = { nonce: NONCE, full: true, lockTimeoutSeconds: 60 };
  const wanted = [{ name: 'curl', architecture: 'amd64', version: '8.0' }];
  assert.match(composePrepare({ ...request, wanted }), /^WANTED='curl:amd64=8\.0'$/m);
  assert.match(composePrepare({ ...request, wanted }), /^OPTIONS='--only-upgrade --no-auto-remove'$/m);
  assert.throws(() =>
    composePrepare({ ...request, wanted: [{ name: 'curl', architecture: 'amd64', version: '8 0' }] }),
  );
});
