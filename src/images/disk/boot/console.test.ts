import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { endOf, lastLine, lastWords, watchConsole } from './console.ts';

for (const [what, text, line] of [
  ['nothing', '', ''],
  ['only empty lines', 'a\r\n\r\n   \r\n', 'a'],
  [
    'colours',
    '[\u001b[0;32m  OK  \u001b[0m] Reached target \u001b[0;1;39mbasic.target\u001b[0m.\r\n',
    '[  OK  ] Reached target basic.target.',
  ],
  ['a prompt that nobody answers', 'Startup finished in 4.1s.\r\n\r\nvm login: ', 'Startup finished in 4.1s.'],
  ['a menu drawn over', 'one\u001b[5;1Htwo\u001b[6;1H\u001b[K', 'two'],
  ['an escape of another kind', 'it\u0007s\u001b]0;x', 'it\\u{7}s\\u{1b}]0;x'],
] as const) {
  test(`the last line of a console with ${what} is ${JSON.stringify(line)}`, () => {
    assert.equal(lastLine(text), line);
  });
}

test('whatever a console says, its last line is one short line that can be printed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 0x24ff }), { maxLength: 400 }), (codes) => {
      const text = String.fromCodePoint(...codes);
      const line = lastLine(text);
      assert.ok(line.length <= 300 && !/[\u0000-\u001f\u007f-\u009f]/.test(line));
      assert.ok(lastWords(text).startsWith('; '));
    }),
  );
});

async function watched(t: { after: (work: () => void) => void }, write: (console: string, answer: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-console-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [console, answer] = [join(folder, 'console'), join(folder, 'answer')];
  for (const file of [console, answer]) writeFileSync(file, '');
  const done = new AbortController();
  const watch = watchConsole(console, [answer], done.signal);
  write(console, answer);
  const ended = new Promise((resolve) => watch.stop.addEventListener('abort', resolve));
  await Promise.race([ended, sleep(20_000, undefined, { ref: false })]);
  done.abort();
  return watch.found();
}

test('a boot that panics is given up at once', async (t) => {
  const said = `${'x'.repeat(1_048_570)}Kernel panic - not syncing: VFS`;
  assert.match((await watched(t, (console) => writeFileSync(console, said))) ?? '', /says "Kernel panic - not/);
});

test('a boot that floods a port is given up', async (t) => {
  const found = await watched(t, (_console, answer) => truncateSync(answer, 65 * 1024 * 1024));
  assert.equal(found, 'it flooded its console');
});

test('the end of a console is read however long it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-console-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'console');
  writeFileSync(file, `${'a\n'.repeat(100_000)}the end\n`);
  assert.equal(lastLine(await endOf(file)), 'the end');
});
