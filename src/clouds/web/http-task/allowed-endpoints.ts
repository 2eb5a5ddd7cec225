/** What HTTP tasks may call: everything at one origin whose path begins with these segments. */
export interface AllowedEndpoint {
  readonly origin: string;
  /** Of the path, without the slash at its end; none for all of the origin. */
  readonly segments: readonly string[];
}

/** An address that may be called, or why it may not. */
export type Judged = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly why: string };

/**
 * Servers behind a proxy may read these as other paths than we do: an escaped slash, backslash or NUL, escaped twice as
 * well, or `..;`.
 */
const TWO_MEANINGS = /%(?:2f|5c|00)|%25(?:25)*(?:2e|2f|5c|00)|\/\.\.?;/i;
const MOST_SHOWN = 300;

/** One address of the operator's, such as `https://hooks.example.com/patching/`. A text tells what is wrong with it. */
export function readAllowedEndpoint(text: string): AllowedEndpoint | string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !isWeb(url)) return 'It must be a URL of http or https, such as https://hooks.example.com/.';
  if (hasUser(url)) return 'It must not have a user name or a password.';
  if (/[?#]/.test(text)) return 'It must end with its path: every query is allowed below it.';
  if (/[*]/.test(url.hostname)) return 'Hosts are named one by one, without wildcards.';
  if (TWO_MEANINGS.test(url.pathname))
    return 'Its path can be read in two ways; write it without escaped slashes or dots.';
  return { origin: url.origin, segments: segmentsOf(url.pathname.replace(/\/$/, '')) };
}

/**
 * Judges an address as the URL standard reads it: host names in lower case and Punycode, numbers of every notation as
 * addresses, dots resolved. What is answered is what must be called, so that nothing is read a second time.
 */
export function judgeEndpoint(allowed: readonly AllowedEndpoint[], text: string): Judged {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !isWeb(url)) return { ok: false, why: 'The ApiEndpoint is no URL of http or https.' };
  if (hasUser(url)) return { ok: false, why: 'The ApiEndpoint must not have a user name or a password.' };
  if (TWO_MEANINGS.test(url.pathname))
    return { ok: false, why: `The path of ${shownUrl(url)} can be read in two ways, so it is not called.` };
  const segments = segmentsOf(url.pathname);
  const isAllowed = allowed.some(
    (one) => one.origin === url.origin && one.segments.every((segment, index) => segment === segments[index]),
  );
  if (isAllowed) return { ok: true, url };
  const how = `start it with --allow-http-task ${url.origin}/ or with a longer path of that host`;
  return { ok: false, why: `This server may not call ${shownUrl(url)} for HTTP tasks. To allow it, ${how}.` };
}

/** Without its query, which may hold a secret. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.slice(0, MOST_SHOWN);
}

function isWeb({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

function hasUser({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}
