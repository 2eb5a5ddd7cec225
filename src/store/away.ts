/** Connection lost, shutting down or starting, full, chosen as the victim of a deadlock, or a replica for the moment. */
const AWAY_STATES = /^(?:08...|57P0[1-5]|53300|40001|40P01|25006)$/;
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const AWAY_NAMES = new Set(['ENOTFOUND', 'EAI_AGAIN']);
/** What `pg` says without a code. */
const AWAY_WORDS =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying|timeout expired|Cannot use a pool after)/;

/**
 * True for an error, or the cause of one, that says nothing of what was asked: PostgreSQL could not be reached, ended in
 * the middle or asks to be asked again. Whether it did what it was asked is not known then.
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export function isStoreAway(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 10; one = one.cause, depth += 1) {
    if (one instanceof AggregateError && one.errors.some(isStoreAway)) return true;
    const { code, syscall } = one as NodeJS.ErrnoException;
    if (typeof code === 'string') {
      if (syscall === undefined && AWAY_STATES.test(code)) return true;
      if (syscall === 'getaddrinfo' ? AWAY_NAMES.has(code) : syscall !== undefined && isOfSocket(code, syscall))
        return true;
    } else if (AWAY_WORDS.test(one.message)) return true;
  }
  return false;
}

/** True for a PostgreSQL that starts up or recovers: it takes connections soon. */
export function isStoreStarting(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === '57P03';
}

/** ENOENT of a file is no matter of the store; of `connect` it is a socket that is not there. */
function isOfSocket(code: string, syscall: string): boolean {
  return (
    /^(?:connect|read|write)$/.test(syscall) && AWAY_CODES.has(code) && (code !== 'ENOENT' || syscall === 'connect')
  );
}
