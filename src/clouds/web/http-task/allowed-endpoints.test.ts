import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AllowedEndpoint, judgeEndpoint, readAllowedEndpoint } from './allowed-endpoints.ts';

function listOf(...texts: string[]): AllowedEndpoint[] {
  return texts.map((text) => {
    const read = readAllowedEndpoint(text);
    if (typeof read === 'string') throw new Error(read);
    return read;
  });
}

const LIST = listOf('https://hooks.example.com/patching/', 'http://10.0.0.5:8080', 'https://münchen.example/');

test('what lies below an allowed address is allowed, as the URL standard reads it', () => {
  for (const url of [
    'https://hooks.example.com/patching',
    'https://hooks.example.com/patching/',
    'https://hooks.example.com/patching/a/b?to=https://evil.example/',
    'HTTPS://HOOKS.EXAMPLE.COM:443/patching/x',
    'https://hooks.example.com/other/../patching/x',
    'http://10.0.0.5:8080/anything',
    'http://0x0a000005:8080/',
    'https://xn--mnchen-3ya.example/x',
    'https://MÜNCHEN.example/x',
  ])
    assert.equal(judgeEndpoint(LIST, url).ok, true, url);
});

test('everything else is not', () => {
  for (const url of [
    'https://hooks.example.com/',
    'https://hooks.example.com/patchingx',
    'https://hooks.example.com/Patching/',
    'https://hooks.example.com/patching/../admin',
    'https://hooks.example.com/patching/%2e%2e/admin',
    'https://hooks.example.com/patching/%2E./admin',
    'https://hooks.example.com/patching/..%2fadmin',
    'https://hooks.example.com/patching/%252e%252e%252fadmin',
    'https://hooks.example.com/patching/..%5cadmin',
    'https://hooks.example.com/patching\\..\\admin',
    'https://hooks.example.com/patching/..;/admin',
    'https://hooks.example.com/patching/%00',
    'https://hooks.example.com//patching/x',
    'https://hooks.example.com:8443/patching/x',
    'http://hooks.example.com/patching/x',
    'https://hooks.example.com./patching/x',
    'https://sub.hooks.example.com/patching/x',
    'https://hooks.example.com.evil.example/patching/x',
    'https://hooks.example.com@evil.example/patching/x',
    'https://evil.example/#@hooks.example.com/patching/x',
    'https://user:word@hooks.example.com/patching/x',
    'https://hooks.example.com%2f.evil.example/patching/',
    'http://10.0.0.5/x',
    'http://[::ffff:10.0.0.5]:8080/',
    'https://munchen.example/x',
    'ftp://hooks.example.com/patching/x',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'nonsense',
    '',
  ])
    assert.equal(judgeEndpoint(LIST, url).ok, false, url);
  assert.equal(judgeEndpoint([], 'https://hooks.example.com/').ok, false);
});

test('a refusal says what to do, without the query', () => {
  const judged = judgeEndpoint([], 'https://a.example/b?key=secret');
  assert.ok(!judged.ok);
  assert.match(
    judged.why,
    /may not call https:\/\/a\.example\/b for HTTP tasks.*--allow-http-task https:\/\/a\.example\//,
  );
  assert.doesNotMatch(judged.why, /secret/);
});

test('whatever is called lies at the origin and below the path that were named', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    '\\',
    '@',
    ':',
    ';',
    '?',
    '#',
    'patching',
    'admin',
    '%25',
    'x',
    '//',
    '\t',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const judged = judgeEndpoint(LIST.slice(0, 1), `https://hooks.example.com/patching${pieces.join('')}`);
      if (!judged.ok) return true;
      const { origin, pathname, username } = judged.url;
      assert.deepEqual([origin, username], ['https://hooks.example.com', '']);
      assert.match(pathname, /^\/patching(?:\/|$)/);
      // Unescaped as often as anyone may do it, it still does not climb.
      let path = pathname;
      for (let times = 0; times < 5; times += 1)
        path = path.replace(/%(2e|2f|5c|25)/gi, (word) => decodeURIComponent(word));
      return new URL(path.replaceAll('\\', '/'), origin).pathname.startsWith('/patching');
    }),
    { numRuns: 2000 },
  );
});

test('an address that says too much or too little is no entry of the list', () => {
  const wrong = [
    '',
    'hooks.example.com',
    'ftp://a.example/',
    'https://u@a.example/',
    'https://a.example/?q',
    'https://a.example/#f',
  ];
  for (const text of [...wrong, 'https://a.example/x%2fy', 'https://*.example/'])
    assert.equal(typeof readAllowedEndpoint(text), 'string', text);
});
