import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitSections } from './sections.ts';

const NONCE = '0123456789abcdef0123456789abcdef';

/** What the scripts print for a section. */
function printed(nonce: string, name: string, text: string, code: number): string {
  return `\n@@${nonce} ${name}\n${text}\n@@${nonce} end ${code}\n`;
}

test('a section is its text to the last byte and the exit code behind it', () => {
  const output = printed(NONCE, 'facts', 'uid=0\n', 0) + printed(NONCE, 'one curl:amd64=7.88.1-10', 'no newline', 123);
  assert.deepEqual(
    [...splitSections(output, NONCE)],
    [
      ['facts', { text: 'uid=0\n', code: 0 }],
      ['one curl:amd64=7.88.1-10', { text: 'no newline', code: 123 }],
    ],
  );
});

test('a section without output is empty, not absent', () => {
  assert.deepEqual(splitSections(printed(NONCE, 'locks', '', 0), NONCE).get('locks'), { text: '', code: 0 });
});

test('a section that another one follows before its end was cut off', () => {
  const output = `\n@@${NONCE} policy\nhalf a${printed(NONCE, 'done', '', 0)}`;
  assert.deepEqual([...splitSections(output, NONCE).keys()], ['done']);
});

test('an end without its newline is no end: the rest of its code may be missing', () => {
  const whole = printed(NONCE, 'upgrade', 'text', 127);
  for (let length = 0; length < whole.length; length += 1) {
    assert.equal(splitSections(whole.slice(0, length), NONCE).size, 0, JSON.stringify(whole.slice(0, length)));
  }
  assert.equal(splitSections(whole, NONCE).get('upgrade')?.code, 127);
});

test('an end that nothing was opened for is nothing', () => {
  assert.equal(splitSections(`\n@@${NONCE} end 0\n`, NONCE).size, 0);
});

const nonce = fc.stringMatching(/^[0-9a-f]{32}$/);
const name = fc.stringMatching(/^[a-z][a-z -]{0,10}$/).filter((one) => !one.startsWith('end '));
/** Text of a machine that tries to look like our markers, with every kind of line end. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        '\u2028',
        '\0',
        '@@',
        ' end 0',
        '\n@@',
        `\n@@${NONCE} done\n`,
        `\n@@${NONCE} end 0\n`,
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('any texts come back whole, whatever they hold but the nonce itself', () => {
  fc.assert(
    fc.property(nonce, fc.array(fc.tuple(name, hostile, fc.nat(255))), (own, list) => {
      fc.pre(own !== NONCE && !list.some(([, text]) => text.includes(own)));
      const output = list.map(([title, text, code]) => printed(own, title, text, code)).join('');
      const expected = new Map(list.map(([title, text, code]) => [title, { text, code }]));
      assert.deepEqual(new Map(splitSections(output, own)), expected);
    }),
  );
});

test('text under another nonce is never let through', () => {
  fc.assert(
    fc.property(nonce, nonce, hostile, (own, other, text) => {
      fc.pre(own !== other && own !== NONCE && other !== NONCE);
      assert.equal(splitSections(printed(other, 'packages', text, 0), own).size, 0);
    }),
  );
});

test('of output that was cut off anywhere only the sections that had ended are let through', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, hostile, fc.nat(255))), fc.nat(2000), (list, cut) => {
      const own = 'f'.repeat(32);
      let output = '';
      const ended = new Map<string, { text: string; code: number }>();
      for (const [title, text, code] of list) {
        output += printed(own, title, text, code);
        if (output.length <= cut) ended.set(title, { text, code });
      }
      const all = new Map(list.map(([title, text, code]) => [`${title}\n${code}\n${text}`, true]));
      const found = splitSections(output.slice(0, cut), own);
      assert.deepEqual(new Map(found), ended);
      for (const [title, { text, code }] of found) assert.ok(all.has(`${title}\n${code}\n${text}`));
    }),
  );
});
