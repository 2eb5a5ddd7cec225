import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { diffPackages } from '../../images/store/diff.ts';
import { imageFolder, imagesFolder } from '../../images/store/folders.ts';
import { findImage, listImages } from '../../images/store/read.ts';
import { verifyImage } from '../../images/store/verify.ts';
import { diffText, listText, showText } from '../formats/image-text.ts';
import { paint } from '../style.ts';

export async function runList(family: string | undefined, json: boolean): Promise<void> {
  const { found, damaged } = await listImages(imagesFolder(kintsugiHome()), family);
  for (const path of damaged) process.stderr.write(`kintsugi: warning: ${path} has no manifest that can be read\n`);
  const now = new Date();
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : listText(found, now, paint(process.stdout)));
}

export async function runShow(reference: string, json: boolean): Promise<void> {
  const images = imagesFolder(kintsugiHome());
  const manifest = await findImage(images, reference);
  const folder = imageFolder(images, manifest.family, manifest.digest);
  process.stdout.write(json ? `${JSON.stringify(manifest)}\n` : showText(manifest, folder, paint(process.stdout)));
}

export async function runDiff(from: string, to: string, json: boolean): Promise<void> {
  const images = imagesFolder(kintsugiHome());
  const [before, after] = [await findImage(images, from), await findImage(images, to)];
  const changes = diffPackages(before.packages, after.packages);
  if (json) {
    const name = ({ family, digest }: { family: string; digest: string }) => ({ family, digest });
    process.stdout.write(`${JSON.stringify({ from: name(before), to: name(after), changes })}\n`);
  } else process.stdout.write(diffText(before, after, changes, paint(process.stdout)));
}

export async function runVerify(
  reference: string,
  files: readonly string[] | undefined,
  json: boolean,
): Promise<ExitCode> {
  const images = imagesFolder(kintsugiHome());
  const { family, digest } = await findImage(images, reference);
  const keys = await Promise.all((files ?? [ownKey()]).map(readKey));
  const problems = await verifyImage(images, family, digest, keys);
  const image = `${family}@${digest}`;
  if (json) {
    process.stdout.write(`${JSON.stringify({ image, valid: problems.length === 0, problems })}\n`);
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  }
  if (problems.length > 0) {
    throw new KintsugiError('ImageDamaged', `${image}:\n${problems.map((one) => `  ${one}`).join('\n')}`);
  }
  process.stdout.write(`${family}@${digest.slice(0, 12)}: the signature holds, and every file is as it was stored.\n`);
  return EXIT.ok;
}

function ownKey(): string {
  const file = join(kintsugiHome(), 'image-signing.key');
  if (existsSync(file)) return file;
  throw new KintsugiError('Usage', `There is no signing key ${file} here.`, {
    advice: 'Give the public key with --key FILE.',
  });
}

async function readKey(file: string): Promise<KeyObject> {
  try {
    return createPublicKey(await readFile(file, 'utf8'));
  } catch {
    throw new KintsugiError('Usage', `${file} is no key in PEM that can be read.`);
  }
}
