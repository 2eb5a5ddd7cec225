import { lookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { KintsugiError } from '../../core/errors.ts';
import { isPublicAddress } from './public-address.ts';

export interface FetchLimits {
  /** Bytes. */
  readonly mostBytes: number;
  /** For all of it, redirects included. */
  readonly timeoutMs: number;
  readonly mostRedirects: number;
  /** Loopback, link-local and private addresses as well: for files on the operator's own network. */
  readonly allowPrivate: boolean;
  /** PEM of a certificate authority beside the ones that Node knows. */
  readonly ca?: string;
}

export const FETCH_LIMITS: FetchLimits = {
  mostBytes: 1024 * 1024,
  timeoutMs: 30_000,
  mostRedirects: 3,
  allowPrivate: false,
};

/**
 * The text behind an https address, in UTF-8. The address that a name stands for is judged in the moment of the
 * connection, so that a name which changes between two questions leads nowhere else; redirects are judged like the
 * first address, and credentials or headers of the caller go to none. Throws KintsugiError FetchRefused for what may
 * not be fetched and FetchFailed for what could not be.
 */
export async function fetchText(
  address: string,
  limits: FetchLimits,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  let url = readUrl(address);
  for (let redirects = 0; ; redirects += 1) {
    const answer = await ask(url, limits, redirects === 0 ? headers : {}, deadline);
    const { statusCode = 0 } = answer;
    if (![301, 302, 303, 307, 308].includes(statusCode)) {
      if (statusCode === 200) return bodyOf(url, answer, limits, deadline);
      answer.destroy();
      throw failed(url, `its server answered ${statusCode}`);
    }
    answer.destroy();
    const { location } = answer.headers;
    if (location === undefined || !URL.canParse(location, url.href)) throw failed(url, 'it redirects to nowhere');
    if (redirects === limits.mostRedirects) throw failed(url, `it redirects more than ${limits.mostRedirects} times`);
    // Signed headers belong to the address that they were made for.
    if (Object.keys(headers).length > 0) throw failed(url, 'it redirects a signed request');
    url = readUrl(new URL(location, url).href);
  }
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new KintsugiError('FetchRefused', 'The address is no URL.');
  if (url.protocol !== 'https:') throw refused(url, 'only https is fetched');
  if (url.username !== '' || url.password !== '') throw refused(url, 'an address with credentials is not fetched');
  return url;
}

function ask(url: URL, limits: FetchLimits, headers: RequestOptions['headers'], signal: AbortSignal) {
  const { hostname } = url;
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(host) !== 0 && !limits.allowPrivate && !isPublicAddress(host)) throw refused(url, PRIVATE);
  return new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request(url, {
      method: 'GET',
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'kintsugi', ...headers },
      agent: false,
      lookup: limits.allowPrivate ? undefined : publicLookup(url),
      signal,
      ...(limits.ca === undefined ? {} : { ca: limits.ca }),
    });
    asking.once('response', resolve);
    asking.once('error', (error) => reject(asFault(url, error, signal)));
    asking.end();
  });
}

const PRIVATE =
  'it leads to an address that is not public, and the server was not started with --allow-private-downloads';

/** A look-up that fails where any of the name's addresses is not public. */
function publicLookup(url: URL): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
        return callback(refused(url, PRIVATE), '', 0);
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

async function bodyOf(url: URL, answer: IncomingMessage, limits: FetchLimits, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.mostBytes) throw refused(url, `it has more than ${limits.mostBytes} bytes`);
      chunks.push(chunk);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof KintsugiError) throw error;
    if (error instanceof TypeError) throw refused(url, 'it is no text in UTF-8');
    throw asFault(url, error as Error, signal);
  } finally {
    answer.destroy();
  }
}

function asFault(url: URL, error: Error, signal: AbortSignal): KintsugiError {
  if (error instanceof KintsugiError) return error;
  return failed(url, signal.aborted ? 'it took too long' : error.message.slice(0, 200));
}

/** Without its query, which may hold a signature. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.slice(0, 300);
}

function refused(url: URL, why: string): KintsugiError {
  return new KintsugiError('FetchRefused', `${shown(url)} is not fetched: ${why}.`);
}

function failed(url: URL, why: string): KintsugiError {
  return new KintsugiError('FetchFailed', `${shown(url)} could not be fetched: ${why}.`);
}
