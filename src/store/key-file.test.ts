import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openSealer } from './key-file.ts';

describe('the key file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-key-'));
  const file = join(folder, 'secret.key');
  after(() => rmSync(folder, { recursive: true }));

  it('opens after a restart what was sealed before', () => {
    const sealed = openSealer(folder).seal(Buffer.from('secret'), 'here');
    assert.equal(openSealer(folder).open(sealed, 'here').toString(), 'secret');
  });

  it('is one file that only its owner reads', () => {
    assert.deepEqual(readdirSync(folder), ['secret.key']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(readFileSync(file).length, 32);
  });

  it('is refused when others can read it, or when it is cut', () => {
    chmodSync(file, 0o644);
    assert.throws(() => openSealer(folder), { code: 'StoreFailed', message: /open to others/ });
    chmodSync(file, 0o600);
    writeFileSync(file, 'short');
    assert.throws(() => openSealer(folder), { code: 'StoreFailed', message: /damaged/ });
  });
});
