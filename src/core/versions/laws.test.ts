import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareKeys, keyBytes } from './key.ts';
import { SCHEME_NAMES, type SchemeName, VERSION_SCHEMES } from './schemes.ts';

/** What versions are made of, the nasty parts above all. */
const PIECES: Readonly<Record<SchemeName, readonly string[]>> = {
  dpkg: ['~', '~~', '+', '-', ':', '.', '-0', '-1', '.0', 'a', 'Z', 'rc', 'deb12u', 'dfsg', '1:', '0:'],
  rpm: ['~', '^', '+', '-', ':', '.', '_', '..', '-0', '.0', 'a', 'Z', 'rc', 'el9', '1:', '0:', 'é', '!'],
  apk: [
    '.',
    '.0',
    '.00',
    '.01',
    '_alpha',
    '_beta',
    '_pre',
    '_rc',
    '_cvs',
    '_git',
    '_p',
    'a',
    'b',
    '~0',
    '~af',
    '-r',
    '-r0',
  ],
};
const DIGITS = ['0', '00', '1', '01', '9', '10', '999999999', '9007199254740993'];

const number = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...DIGITS) },
  { weight: 1, arbitrary: fc.integer({ min: 18, max: 120 }).map((length) => '9'.repeat(length)) },
  { weight: 1, arbitrary: fc.constantFrom(98, 99, 100, 999, 1000).map((length) => `1${'0'.repeat(length)}`) },
);

/** A few versions that have much in common: pieces of one, with a piece or two exchanged. */
function relatives(scheme: SchemeName, count: number): fc.Arbitrary<string[]> {
  const piece = fc.oneof(fc.constantFrom(...PIECES[scheme]), number);
  const change = fc.record({ at: fc.nat(8), drop: fc.nat(2), insert: fc.array(piece, { maxLength: 2 }) });
  const changes = fc.array(fc.array(change, { maxLength: 2 }), { minLength: count, maxLength: count });
  return fc.tuple(number, fc.array(piece, { maxLength: 8 }), changes).map(([first, pieces, variants]) =>
    variants.map((edits) => {
      const made = [first, ...pieces];
      for (const { at, drop, insert } of edits) made.splice(at % (made.length + 1), drop, ...insert);
      return made.join('');
    }),
  );
}

function validRelatives(scheme: SchemeName, count: number): fc.Arbitrary<string[]> {
  return relatives(scheme, count).filter((versions) => versions.every(VERSION_SCHEMES[scheme].isValid));
}

const RUNS = { numRuns: 3000 };

for (const name of SCHEME_NAMES) {
  const { isValid, compare, key } = VERSION_SCHEMES[name];
  const anything = fc.oneof(
    relatives(name, 3),
    fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 3, maxLength: 3 }),
  );

  describe(name, () => {
    test('the order of versions is total, also among what is no version', () => {
      fc.assert(
        fc.property(anything, ([a = '', b = '', c = '']) => {
          assert.equal(compare(a, a), 0);
          assert.equal(compare(a, b), 0 - compare(b, a));
          const [x = '', y = '', z = ''] = [a, b, c].sort(compare);
          assert.ok(compare(x, y) <= 0 && compare(y, z) <= 0 && compare(x, z) <= 0);
          if (compare(x, z) === 0) assert.ok(compare(x, y) === 0 && compare(y, z) === 0);
          if (compare(x, y) < 0 || compare(y, z) < 0) assert.equal(compare(x, z), -1);
        }),
        RUNS,
      );
    });

    test('keys order as the versions do, and are equal where these are', () => {
      fc.assert(
        fc.property(validRelatives(name, 2), ([a = '', b = '']) => {
          const [x, y] = [key(a), key(b)];
          assert.ok(x !== undefined && y !== undefined);
          assert.equal(compareKeys(x, y), compare(a, b));
          assert.equal(Buffer.compare(keyBytes(x), keyBytes(y)), compare(a, b));
        }),
        RUNS,
      );
    });

    test('there is a key for what is valid and for nothing else, printable and without blanks', () => {
      fc.assert(
        fc.property(anything, ([text = '']) => {
          const made = key(text);
          assert.equal(made !== undefined, isValid(text));
          assert.match(made ?? '!', /^[!-~]+$/);
        }),
        RUNS,
      );
    });

    test('numbers of any length order by their value', () => {
      const digits = fc.tuple(fc.nat(3), fc.bigInt({ min: 0n, max: 10n ** 400n }), fc.nat(3));
      fc.assert(
        fc.property(digits, digits, ([zeros, x, power], [otherZeros, y, otherPower]) => {
          const [a, b] = [x * 10n ** BigInt(power), y * 10n ** BigInt(otherPower)];
          const [text, other] = [`${'0'.repeat(zeros)}${a}`, `${'0'.repeat(otherZeros)}${b}`];
          const order = a === b ? 0 : a < b ? -1 : 1;
          assert.equal(compare(text, other), order);
          assert.equal(compareKeys(key(text) ?? '', key(other) ?? ''), order);
        }),
      );
    });
  });
}
