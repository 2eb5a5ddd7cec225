import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PackageStanza, readPackagesIndex } from './packages-index.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,12}$/);
const version = fc.stringMatching(/^[0-9][0-9a-z.+~-]{0,12}$/);
const architecture = fc.constantFrom('all', 'amd64', 'i386');
const line = fc.stringMatching(/^[ -~]{0,30}$/);
const stanza = fc.record({ name, version, architecture, description: line, more: fc.array(line, { maxLength: 3 }) });
type Stanza = typeof stanza extends fc.Arbitrary<infer T> ? T : never;

function written({ name, version, architecture, description, more }: Stanza, end: string): string {
  const lines = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Description: ${description}`,
  ];
  return [...lines, ...more.map((one) => ` .${one}`), ''].join(end);
}

test('what is written as an index is read back', () => {
  fc.assert(
    fc.property(fc.array(stanza, { maxLength: 20 }), fc.constantFrom('\n', '\r\n'), (stanzas, end) => {
      const index = readPackagesIndex(Buffer.from(stanzas.map((one) => written(one, end)).join(end)));
      const rows = (all: readonly Pick<PackageStanza, 'name' | 'version' | 'architecture'>[]) =>
        [...new Set(all.map((one) => `${one.name} ${one.version} ${one.architecture}`))].sort();
      assert.deepEqual(index.problems, []);
      assert.deepEqual(rows([...index.names()].flatMap((one) => index.lookup(one))), rows(stanzas));
      for (const one of stanzas) {
        const wanted = readPackagesIndex(Buffer.from(written(one, end)), { wanted: new Set([one.name]) });
        assert.equal(wanted.lookup(one.name)[0]?.field('description')?.split('\n')[0], one.description.trim());
      }
    }),
  );
});

const scrap = fc.constantFrom('Package', 'Version', ':', ' a', '\n', '\n\n', '\r', '\r\n', '#', '\0', 'ß', '1', '\t');

test('no bytes make the reader fail, and all that it gives has a name and a version', () => {
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 60 }), fc.uint8Array({ maxLength: 40 }), (scraps, bytes) => {
      const index = readPackagesIndex(Buffer.concat([Buffer.from(scraps.join('')), bytes]));
      for (const known of index.names()) {
        for (const one of index.lookup(known)) {
          assert.equal(one.name, known);
          assert.match(one.version, /^[!-~]+$/);
        }
      }
    }),
  );
});
