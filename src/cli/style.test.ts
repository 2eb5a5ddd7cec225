import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paint } from './style.ts';

test('a terminal gets colours that end themselves', () => {
  const { red, bold } = paint({ isTTY: true }, { TERM: 'xterm' });
  assert.equal(red('x'), '\x1b[31mx\x1b[39m');
  assert.equal(bold(red('x')), '\x1b[1m\x1b[31mx\x1b[39m\x1b[22m');
  assert.equal(red(''), '');
});

test('a pipe, NO_COLOR and a dumb terminal get plain text', () => {
  for (const [stream, environment] of [
    [{}, { TERM: 'xterm' }],
    [{ isTTY: false }, { TERM: 'xterm' }],
    [{ isTTY: true }, { NO_COLOR: '1' }],
    [{ isTTY: true }, { TERM: 'dumb' }],
  ] as const) {
    for (const colour of Object.values(paint(stream, environment))) assert.equal(colour('x'), 'x');
  }
});

test('an empty NO_COLOR does not count, as its standard says', () => {
  assert.notEqual(paint({ isTTY: true }, { NO_COLOR: '', TERM: 'xterm' }).red('x'), 'x');
});
