import { EXIT, KintsugiError } from '../core/errors.ts';
import { faultMessage } from '../core/fault-message.ts';
import { visible } from '../core/visible.ts';

/** Prints what went wrong and what to do (as JSON on standard output with `--json`), and answers the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof KintsugiError) {
    if (json) process.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
    else process.stderr.write(errorText(error));
    return error.exit;
  }
  const internal = new KintsugiError('Internal', faultMessage(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: internal.toJSON() })}\n`);
  else {
    process.stderr.write(`kintsugi: internal error: ${visible(internal.message)}\n  ${internal.advice}\n`);
    if (process.env.KINTSUGI_DEBUG && error instanceof Error)
      process.stderr.write(`${(error.stack ?? '').replace(error.message, internal.message)}\n`);
  }
  return EXIT.internal;
}

/** An error for a terminal. What a machine, a file or an argument said in it may hold anything: it is made visible. */
export function errorText({ message, advice }: Pick<KintsugiError, 'message' | 'advice'>): string {
  const lines = `kintsugi: ${message}\n  ${advice}`.split('\n');
  return `${lines.map(visible).join('\n')}\n`;
}
