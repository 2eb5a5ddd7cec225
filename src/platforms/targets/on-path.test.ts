import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isOnPath } from './on-path.ts';

test('a program is on the path where a file of its name can be run, and nothing else is', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-path-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'a-folder'));
  writeFileSync(join(folder, 'program'), '#!/bin/sh\n');
  chmodSync(join(folder, 'program'), 0o755);
  const path = `/nowhere::relative:${folder}`;
  assert.equal(isOnPath('program', path), true);
  assert.equal(isOnPath('a-folder', path), false);
  assert.equal(isOnPath('missing', path), false);
  assert.equal(isOnPath('program', ''), false);
});
