import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { parseDocument } from '../../core/documents/parse.ts';
import { shippedDocuments } from './shipped.ts';

const COMMAND = '00000000-0000-4000-8000-000000000001';
/** A mount namespace with empty /run and /var/lib, and a boot id of its own: what the script reads and writes. */
const ROOM = `set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mkdir -p /run/bin
export PATH=/run/bin:/usr/bin:/bin
script=$1
shift
first_boot() { echo boot-1 >/run/boot; mount --bind /run/boot /proc/sys/kernel/random/boot_id; }
next_boot() { echo boot-2 >/run/boot; rm -f /run/reboot-required; }
run() { set +e; sh -c "$script"; echo "exit $?"; set -e; }
first_boot
`;

const isPossible = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /run']).status === 0;
const skip = isPossible ? false : 'no right to make a mount namespace';

function script(): string {
  const read = parseDocument(shippedDocuments().get('Kintsugi-RunRebootIfRequired')?.content ?? '', 'JSON');
  assert.ok(read.ok);
  const lines = read.value.steps[0]?.inputs.runCommand;
  assert.ok(Array.isArray(lines));
  return lines.join('\n');
}

function story(steps: string, commandId = COMMAND): string[] {
  const args = ['-m', 'sh', '-c', `${ROOM}${steps}`, 'room', script()];
  const { stdout, stderr } = spawnSync('unshare', args, {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', SSM_COMMAND_ID: commandId },
  });
  return `${stdout}${stderr}`.trim().split('\n');
}

test('a node that needs no reboot is left alone', { skip }, () => {
  assert.deepEqual(story('run'), ['No reboot is required.', 'exit 0']);
});

test('a node that needs one reboots once, and its script ends well afterwards', { skip }, () => {
  const lines = story('touch /run/reboot-required\nrun\nnext_boot\nrun\nrun\nls /var/lib/kintsugi/reboots');
  assert.deepEqual(lines, [
    'The node reboots: /run/reboot-required is there.',
    'exit 194',
    'The node rebooted.',
    'exit 0',
    'No reboot is required.',
    'exit 0',
  ]);
});

test('a node that still needs a reboot after one does not reboot for ever', { skip }, () => {
  const lines = story('touch /run/reboot-required\nrun\nnext_boot\ntouch /run/reboot-required\nrun');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('exit')),
    ['exit 194', 'exit 1'],
  );
});

test('a reboot that did not happen is a failure', { skip }, () => {
  const lines = story('touch /run/reboot-required\nrun\nrun');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('exit')),
    ['exit 194', 'exit 1'],
  );
  assert.ok(lines.includes('The node was to reboot and did not.'));
});

test('the tools of other families are asked where they are', { skip }, () => {
  const fake = (name: string, code: number) =>
    `printf '#!/bin/sh\\nexit ${code}\\n' >/run/bin/${name}; chmod 755 /run/bin/${name}\nrun`;
  assert.deepEqual(story(fake('needs-restarting', 1)), ['The node reboots: needs-restarting -r says so.', 'exit 194']);
  assert.deepEqual(story(fake('needs-restarting', 0)), ['No reboot is required.', 'exit 0']);
  assert.deepEqual(story(fake('zypper', 102)), ['The node reboots: zypper needs-rebooting says so.', 'exit 194']);
});

test('a command id that is no file name is refused', { skip }, () => {
  for (const id of ['', '../../etc/passwd', 'a b']) assert.ok(story('run', id).includes('exit 1'), id);
});
