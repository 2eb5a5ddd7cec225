import { KintsugiError } from '../core/errors.ts';

/** Where the server is, and how its certificate is verified. */
export interface Endpoint {
  readonly url: URL;
  /** PEM text of the authorities to trust instead of the system's; null for the system's. */
  readonly ca: string | null;
}

/**
 * The server's address as the user gave it. Without TLS anyone on the way could hand the machine a script to run, so
 * plain http is for loopback alone, unless `allowHttp` says that the way is safe. Errors: Usage.
 */
export function parseEndpoint(text: string, allowHttp: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new KintsugiError('Usage', `'${text}' is not an http or https address`);
  }
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new KintsugiError('Usage', `'${text}' must be a host and a port alone, like https://kintsugi.example:8420`);
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw new KintsugiError('Usage', `${url.origin} is not encrypted`, {
      advice: 'Give an https address. Where the network itself is trusted, add --allow-http.',
    });
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
