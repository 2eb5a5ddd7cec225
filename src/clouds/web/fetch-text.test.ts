import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FileHost, fileHost } from '../../../test/file-host.ts';
import { fetchObject } from '../s3/fetch-object.ts';
import { FETCH_LIMITS, type FetchLimits, fetchText } from './fetch-text.ts';
import { isPublicAddress } from './public-address.ts';

let host: FileHost | null;
let limits: FetchLimits;
before(async () => {
  host = await fileHost((path) => {
    if (path === '/list.yaml') return { body: 'patches: []\n' };
    if (path === '/moved') return { status: 302, headers: { location: '/list.yaml' } };
    if (path === '/ring') return { status: 302, headers: { location: '/ring' } };
    if (path === '/to-http') return { status: 301, headers: { location: 'http://127.0.0.1/' } };
    if (path === '/to-metadata') return { status: 301, headers: { location: 'https://169.254.169.254/latest' } };
    if (path === '/endless') return { body: 'x'.repeat(65_536), endless: true };
    if (path === '/silent') return { body: '', headers: { 'content-length': '10' }, endless: true };
    if (path === '/binary') return { body: Buffer.from([0xff, 0xfe, 0x00]) };
    if (path === '/bucket/a%20b.yaml') return { body: 'of a bucket' };
    return null;
  });
  limits = { ...FETCH_LIMITS, allowPrivate: true, ...(host && { ca: host.ca }) };
});
after(() => host?.close());

test('a file is fetched, through a redirect as well', async (t) => {
  if (host === null) return t.skip('no openssl here');
  assert.equal(await fetchText(`${host.url}/list.yaml`, limits), 'patches: []\n');
  assert.equal(await fetchText(`${host.url}/moved`, limits), 'patches: []\n');
});

test('what is too large, too slow, not there, in a ring or no text is refused', async (t) => {
  if (host === null) return t.skip('no openssl here');
  const { url } = host;
  const fails = (path: string, message: RegExp, more: Partial<FetchLimits> = {}) =>
    assert.rejects(fetchText(`${url}${path}`, { ...limits, ...more }), { message });
  await fails('/endless', /more than 1048576 bytes/);
  await fails('/silent', /took too long/, { timeoutMs: 200 });
  await fails('/nowhere', /answered 404/);
  await fails('/ring', /redirects more than 3 times/);
  await fails('/to-http', /only https is fetched/);
  await fails('/binary', /no text in UTF-8/);
  await fails('/list.yaml', /self-signed|certificate/, { ca: '' });
});

test('an address that is not public is refused, by name and by number, before it is asked for anything', async (t) => {
  if (host === null) return t.skip('no openssl here');
  const strict = { ...limits, allowPrivate: false };
  const before = host.asked.length;
  const { port } = new URL(host.url);
  for (const name of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]'])
    await assert.rejects(fetchText(`https://${name}:${port}/list.yaml`, strict), { code: 'FetchRefused' }, name);
  assert.equal(host.asked.length, before);
});

test('a redirect is judged like the address that was given', async (t) => {
  if (host === null) return t.skip('no openssl here');
  // The first hop is private here, so that it has to be allowed: the rule for the second is tested by its own words.
  await assert.rejects(fetchText(`${host.url}/to-http`, limits), { code: 'FetchRefused' });
  assert.equal(isPublicAddress('169.254.169.254'), false);
});

test('credentials in an address and other schemes are refused', async () => {
  for (const address of ['https://user:word@example.org/', 'http://example.org/', 'file:///etc/passwd', 'nonsense'])
    await assert.rejects(fetchText(address, FETCH_LIMITS), { code: 'FetchRefused' }, address);
});

test('an object of S3 is asked for by a signed request, which follows no redirect', async (t) => {
  if (host === null) return t.skip('no openssl here');
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: null };
  const source = { credentials, region: 'us-east-1', endpoint: host.url };
  assert.equal(await fetchObject('s3://bucket/a b.yaml', source, limits, new Date()), 'of a bucket');
  assert.match(String(host.headers.at(-1)?.authorization), /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/s3/);
  await assert.rejects(fetchObject('s3://bucket/none', source, limits, new Date()), { message: /answered 404/ });
});

test('public addresses are told from those that are none', () => {
  for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700::1111', '172.32.0.1', '192.167.1.1'])
    assert.equal(isPublicAddress(address), true, address);
  const none = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
  ];
  const six = ['::1', '::', 'fe80::1', 'fd00::1', 'ff02::1', '::ffff:1.1.1.1', '64:ff9b::a00:1', '2002:7f00:1::'];
  for (const address of [...none, ...six, '0.0.0.0', '224.0.0.1', '255.255.255.255'])
    assert.equal(isPublicAddress(address), false, address);
});
