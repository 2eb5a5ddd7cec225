import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KintsugiError } from '../../../core/errors.ts';
import { loadAdvisories } from '../../patch-manager/advisory-sources.ts';
import { BAKE_STEPS } from '../bake.ts';
import type { Bake } from '../step.ts';
import type { StepEnd, StepRequest } from './step-process.ts';

/** One step of a bake as a process of its own: the request is its standard input, its answer the last line it prints. */
async function main(): Promise<StepEnd> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  const request = JSON.parse(Buffer.concat(pieces).toString('utf8')) as StepRequest;
  const { step, recipe, work, home, baseline, bootTimeoutSeconds } = request;
  const folder = join(home, 'advisories');
  try {
    const advisories = existsSync(folder)
      ? await loadAdvisories([folder])
      : { advisories: [], exploited: [], epss: [] };
    const context = { home, baseline, advisories, bootTimeoutSeconds, now: () => new Date(), say: () => {} };
    const bake: Bake = { recipe, work, context };
    return { output: await BAKE_STEPS[step](bake) };
  } catch (error) {
    const known = error instanceof KintsugiError ? error : unknownError(error);
    return { error: known.toJSON() };
  }
}

function unknownError(error: unknown): KintsugiError {
  return new KintsugiError('BakeFailed', error instanceof Error ? error.message : String(error));
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
