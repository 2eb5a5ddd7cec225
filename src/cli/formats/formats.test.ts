import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FORMATS, renderReport } from './formats.ts';
import { arbitraryReport } from './report-arbitrary.ts';
import { NON_COMPLIANT } from './sample.ts';

const OPTIONS = { color: false, width: null, all: false };

test('each format has its own renderer', () => {
  const starts = FORMATS.map((format) => renderReport(NON_COMPLIANT, format, OPTIONS).slice(0, 24));
  assert.deepEqual(starts, [
    'NON_COMPLIANT  10 approv',
    '{"schemaVersion":1,"targ',
    '{"$schema":"https://docs',
    '{"$schema":"http://cyclo',
    '<?xml version="1.0" enco',
  ]);
});

test('every format of every report ends with one line break and leaves the terminal alone', () => {
  fc.assert(
    fc.property(arbitraryReport, fc.constantFrom(...FORMATS), (report, format) => {
      const text = renderReport(report, format, OPTIONS);
      assert.match(text, /[^\n]\n$/);
      assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ud800-\udfff]/);
    }),
  );
});

test('rendering a report does not change it', () => {
  const before = JSON.stringify(NON_COMPLIANT);
  for (const format of FORMATS) renderReport(NON_COMPLIANT, format, { ...OPTIONS, all: true });
  assert.equal(JSON.stringify(NON_COMPLIANT), before);
});
