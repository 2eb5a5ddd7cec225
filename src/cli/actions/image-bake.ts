import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { type BakeOutcome, bakeDiskImage } from '../../control/images/bake.ts';
import { findBaseline } from '../../control/patch-manager/baseline-source.ts';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { imagesFolder } from '../../images/store/folders.ts';
import { findImage } from '../../images/store/read.ts';
import { machineMirror } from '../../platforms/apt/mirror.ts';
import type { BakeCommandOptions } from '../commands/image-options.ts';
import { bakedText } from '../formats/image-text.ts';
import { startProgress } from '../progress.ts';
import { paint } from '../style.ts';
import { readAdvisories } from './look.ts';

const SUITE = 'bookworm';
const MOST_FILE_BYTES = 1_048_576;

export async function runBake(options: BakeCommandOptions): Promise<ExitCode> {
  const recipe = await recipeOf(options);
  const baseline = options.baseline === undefined ? null : await findBaseline(options.baseline);
  const advisories = await readAdvisories(options.advisories);
  const stop = new AbortController();
  const onSignal = () => {
    stop.abort();
    process.stderr.write('\nkintsugi: stopping at the end of this step; no image will be stored\n');
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const terminal = process.stderr.isTTY === true;
  const progress = startProgress(`baking ${visible(options.family)}`);
  let outcome: BakeOutcome;
  try {
    outcome = await bakeDiskImage(
      recipe,
      {
        home: kintsugiHome(),
        baseline,
        advisories,
        now: () => new Date(),
        bootTimeoutSeconds: options.bootTimeout,
        say: (text) => {
          progress.say(text);
          if (!terminal && !options.json) process.stderr.write(`kintsugi: ${visible(text)}\n`);
        },
      },
      { force: options.force ?? false, stop: stop.signal },
    );
  } finally {
    progress.stop();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  else process.stdout.write(bakedText(outcome, paint(process.stdout)));
  return EXIT.ok;
}

/** The options as a recipe; what is wrong in it is told by the builder itself. */
export async function recipeOf(options: BakeCommandOptions): Promise<unknown> {
  const hooks = await Promise.all(
    (options.hook ?? []).map(async (file) => ({
      name: basename(file),
      text: await readSmall(file),
      timeoutSeconds: options.hookTimeout,
      network: options.hookNetwork ?? false,
    })),
  );
  return {
    family: options.family,
    base: await baseOf(options),
    include: options.include ?? [],
    hooks,
    checks: options.check === undefined ? {} : await readChecks(options.check),
    format: options.format,
    boot: options.boot,
  };
}

async function baseOf(options: BakeCommandOptions): Promise<object> {
  if (options.base !== undefined) {
    const { family, digest } = await findImage(imagesFolder(kintsugiHome()), options.base);
    return { kind: 'image', family, digest };
  }
  const own = machineMirror();
  const main = options.mirror ?? own?.main;
  const security = options.securityMirror ?? (options.mirror === undefined ? own?.security : undefined);
  if (main === undefined || security === undefined) {
    throw new KintsugiError('Usage', 'It is not known where to get Debian from.', {
      advice: 'Give --mirror URL and --security-mirror URL (or none).',
    });
  }
  return {
    kind: 'suite',
    suite: options.suite ?? SUITE,
    main: main.replace(/\/+$/, ''),
    security: security === 'none' ? null : security.replace(/\/+$/, ''),
    keyring: own?.keyring ?? '/usr/share/keyrings/debian-archive-keyring.gpg',
  };
}

async function readChecks(file: string): Promise<unknown> {
  const text = await readSmall(file);
  try {
    return parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (error) {
    throw new KintsugiError('Usage', `${file} is neither YAML nor JSON: ${(error as Error).message.split('\n')[0]}`);
  }
}

async function readSmall(file: string): Promise<string> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) throw new KintsugiError('Usage', `There is no file ${file}.`);
  if (found.size > MOST_FILE_BYTES) throw new KintsugiError('Usage', `${file} is larger than 1 MiB.`);
  return readFile(file, 'utf8');
}
