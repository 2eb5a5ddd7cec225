import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { sealerOf } from './sealer.ts';

const sealer = sealerOf(randomBytes(32));

test('what was sealed opens with the same context, and never looks the same twice', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (bytes, context) => {
      const plain = Buffer.from(bytes);
      const sealed = sealer.seal(plain, context);
      assert.deepEqual(sealer.open(sealed, context), plain);
      assert.notDeepEqual(sealer.seal(plain, context), sealed);
    }),
  );
});

test('a changed byte, a shortened text, another context and another key are refused', () => {
  const sealed = sealer.seal(Buffer.from('secret'), 'a');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => sealer.open(changed, 'a'), { code: 'StoreFailed' });
    assert.throws(() => sealer.open(sealed.subarray(0, at), 'a'), { code: 'StoreFailed' });
  }
  assert.throws(() => sealer.open(sealed, 'b'), { code: 'StoreFailed' });
  assert.throws(() => sealerOf(randomBytes(32)).open(sealed, 'a'), { code: 'StoreFailed' });
});

test('a key of another length is refused', () => {
  assert.throws(() => sealerOf(randomBytes(16)), { code: 'StoreFailed' });
});
