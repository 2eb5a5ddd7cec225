import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { usedInodes } from './ext4.ts';
import { diskIds, layoutFor, partitionTable, ROOT_OFFSET, SECTOR } from './layout.ts';

test('the parts of a disk follow one another, and the root has room to spare', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (bytes) => {
      const { bios, esp, root, sectors } = layoutFor(bytes);
      assert.equal(bios.start + bios.sectors, esp.start);
      assert.equal(esp.start + esp.sectors, root.start);
      assert.equal(root.start * SECTOR, ROOT_OFFSET);
      // The second copy of the table takes the last 33 sectors.
      assert.ok(root.start + root.sectors + 33 <= sectors);
      assert.ok(root.sectors * SECTOR > bytes * 1.3);
    }),
  );
});

test('the ids of a disk are those of its key, all different, and UUIDs', () => {
  const ids = diskIds('a');
  assert.deepEqual(diskIds('a'), ids);
  assert.equal(new Set(Object.values(ids)).size, 7);
  assert.notEqual(diskIds('b').filesystem, ids.filesystem);
  assert.match(ids.filesystem, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(partitionTable(layoutFor(0), ids), new RegExp(`^label-id: ${ids.disk}$`, 'm'));
});

test('inodes in use are all that are not free, less those that ext4 keeps for itself', () => {
  const dump = [
    'Inode count:              32',
    'Group 0: (Blocks 0-9)',
    '  Free inodes: 14-15, 17',
    'Group 1: (Blocks 10-19)',
    '  Free inodes: 20-32',
    '',
  ].join('\n');
  assert.deepEqual(usedInodes(dump), [2, 11, 12, 13, 16, 18, 19]);
  assert.deepEqual(usedInodes(''), []);
});
