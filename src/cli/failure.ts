import { EXIT, KintsugiError } from '../core/errors.ts';

/** Prints what went wrong and what to do (as JSON on standard output with `--json`), and answers the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof KintsugiError) {
    if (json) process.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
    else process.stderr.write(`kintsugi: ${error.message}\n  ${error.advice}\n`);
    return error.exit;
  }
  const internal = new KintsugiError('Internal', error instanceof Error ? error.message : String(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: internal.toJSON() })}\n`);
  else {
    process.stderr.write(`kintsugi: internal error: ${internal.message}\n  ${internal.advice}\n`);
    if (process.env.KINTSUGI_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
  return EXIT.internal;
}
