import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { baselines } from './baseline-arbitrary.ts';
import { parseBaseline } from './parse.ts';
import { withDefaults } from './with-defaults.ts';

const indent = fc.constantFrom<string | number | undefined>(undefined, 2, '\t');

test('the JSON of any valid baseline gives that baseline back, however it is indented', () => {
  fc.assert(
    fc.property(baselines(), indent, (baseline, space) => {
      const parsed = parseBaseline(JSON.stringify(baseline, null, space), 'baseline.json');
      assert.ok(parsed.ok, JSON.stringify(parsed, null, 1));
      assert.deepEqual(parsed.baseline, baseline);
    }),
    { numRuns: 300 },
  );
});

test('the YAML of any valid baseline gives that baseline back, also as YAML 1.1 quotes it', () => {
  fc.assert(
    fc.property(baselines(), fc.constantFrom('1.1' as const, '1.2' as const), (baseline, version) => {
      const parsed = parseBaseline(stringify(baseline, { version }), 'baseline.yaml');
      assert.ok(parsed.ok, JSON.stringify(parsed, null, 1));
      assert.deepEqual(parsed.baseline, baseline);
    }),
    { numRuns: 300 },
  );
});

test('a baseline with its defaults written out is valid too, and writing them out again changes nothing', () => {
  fc.assert(
    fc.property(baselines(), (baseline) => {
      const full = withDefaults(baseline);
      const parsed = parseBaseline(JSON.stringify(full), 'baseline.json');
      assert.ok(parsed.ok);
      assert.deepEqual(withDefaults(parsed.baseline), full);
    }),
    { numRuns: 100 },
  );
});

const broken = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\n',
    '\t',
    '- ',
    '&a ',
    '*a',
    '!x ',
    '| ',
    '> ',
    '---\n',
    '\u0000',
    '#',
  ),
  fc.constantFrom('__proto__', 'null', '-1', '1e999', 'NaN', '{}', '[]', '""', '\ud800', '\ufeff', '%YAML 9.9\n'),
);

/** Replaces `length` characters at `at` (a share of the text) by `by`. */
const mutation = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(12), by: broken });

test('a mutated baseline never throws, and every issue has a place in the text and printable words', () => {
  fc.assert(
    fc.property(
      baselines(),
      indent,
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      (baseline, space, mutations) => {
        let text = JSON.stringify(baseline, null, space);
        for (const { at, length, by } of mutations) {
          const start = Math.floor(at * text.length);
          text = text.slice(0, start) + by + text.slice(start + length);
        }
        const parsed = parseBaseline(text, 'baseline.json');
        const issues = parsed.ok ? parsed.warnings : [...parsed.issues, ...parsed.warnings];
        if (!parsed.ok) assert.ok(parsed.issues.length > 0);
        const lines = text.split('\n');
        for (const { line, column, message, path, suggestion } of issues) {
          assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
          assert.ok(column >= 1 && column <= (lines[line - 1] ?? '').length + 1, `column ${column}`);
          assert.doesNotMatch(message + path + (suggestion ?? ''), /[\u0000-\u001f\u007f-\u009f\u202e]/);
          assert.notEqual(message, '');
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('any text at all is answered without throwing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      assert.equal(typeof parseBaseline(text, 'x').ok, 'boolean');
    }),
    { numRuns: 1000 },
  );
});
