import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareDpkg, isValidDpkg, parseDpkg } from './dpkg.ts';

const withoutDpkg = spawnSync('dpkg', ['--version']).status === 0 ? false : 'no dpkg on this machine';

function dpkg(...args: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync('dpkg', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
}

const piece = fc.constantFrom(
  ...['~', '~~', '^', '+', '-', ':', '.', '-0', '.0', 'a', 'Z', 'rc', '1:', '0:', ' ', '_', 'é', '\n'],
  ...['0', '00', '1', '01', '9', '10', '2147483647', '2147483648', `1${'0'.repeat(30)}`],
);
const pieces = fc.array(piece, { maxLength: 7 });
const version = fc
  .tuple(fc.constantFrom('0', '1', '1:0', '1.0', '0.00', '10'), pieces)
  .map(([first, rest]) => first + rest.join(''));
const valid = version.filter(isValidDpkg);

test('the order is that of dpkg --compare-versions', { skip: withoutDpkg }, () => {
  fc.assert(
    fc.property(
      valid,
      fc.oneof(
        valid,
        pieces.map((rest) => rest.join('')),
      ),
      valid,
      (a, edit, other) => {
        const b = isValidDpkg(a + edit) ? a + edit : other;
        const said =
          dpkg('--compare-versions', a, 'lt', b).status === 0 ? -1 : dpkg('--compare-versions', a, 'eq', b).status;
        assert.equal(compareDpkg(a, b), said);
      },
    ),
    { numRuns: 300 },
  );
});

test('validity and its reasons are those of dpkg --validate-version', { skip: withoutDpkg }, () => {
  const texts = fc.oneof(
    version,
    pieces.map((rest) => rest.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      // A leading blank keeps dpkg from taking the version for an option.
      const { status, stderr } = dpkg('--validate-version', ` ${text}`);
      const parse = parseDpkg(text);
      assert.equal(status === 0 && stderr === '', 'version' in parse, stderr);
      if ('reason' in parse)
        assert.ok(stderr.trimEnd().endsWith(`has bad syntax: ${parse.reason}`), `${stderr}${parse.reason}`);
    }),
    { numRuns: 300 },
  );
});
