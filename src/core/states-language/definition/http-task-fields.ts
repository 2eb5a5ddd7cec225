/** The arguments of `arn:aws:states:::http:invoke`: https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html */
export const HTTP_FIELDS = [
  'ApiEndpoint',
  'Method',
  'Headers',
  'QueryParameters',
  'RequestBody',
  'Transform',
  'Authentication',
  'InvocationConfig',
] as const;

export const HTTP_METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'] as const;

/** Headers that a definition may not set; the last line is ours: they would change where the request ends. */
const FORBIDDEN = new Set([
  ...['a-im', 'accept-charset', 'accept-datetime', 'accept-encoding', 'cache-control', 'connection'],
  ...['content-encoding', 'content-md5', 'date', 'expect', 'forwarded', 'from', 'host', 'http2-settings', 'if-match'],
  ...['if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'max-forwards', 'origin', 'pragma'],
  ...['proxy-authorization', 'referer', 'server', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via', 'warning'],
  ...['content-length', 'keep-alive', 'proxy-connection'],
]);
const FORBIDDEN_PREFIX = /^(?:x-forwarded-|x-amz-|x-amzn-)/;

/** Whether a header cannot be set; `Authorization` is for connections alone. */
export function isForbiddenHeader(name: string, isConnection = false): boolean {
  const lower = name.toLowerCase();
  if (lower === 'authorization') return !isConnection;
  return FORBIDDEN.has(lower) || FORBIDDEN_PREFIX.test(lower);
}
