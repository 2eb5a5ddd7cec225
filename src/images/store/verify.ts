import type { KeyObject } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { visible } from '../../core/visible.ts';
import { fileDigest } from '../disk/pack/disk-image.ts';
import { verifyEnvelope } from '../evidence/dsse.ts';
import { IN_TOTO, spokenOf } from '../evidence/provenance.ts';
import { imageFolder } from './folders.ts';
import { type ImageManifest, imageManifest } from './manifest.ts';
import { SIGNED_MANIFEST, standingOf } from './signed-manifest.ts';

/**
 * Everything that is wrong with an image of the store, a line each; empty where its provenance and its manifest are
 * signed by one of the keys and speak of exactly these bytes, and every other file is the one that was stored.
 */
export async function verifyImage(
  images: string,
  family: string,
  digest: string,
  keys: readonly KeyObject[],
): Promise<string[]> {
  const folder = imageFolder(images, family, digest);
  let manifest: ImageManifest;
  let envelope: unknown;
  try {
    manifest = imageManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
    envelope = JSON.parse(await readFile(join(folder, 'provenance.dsse.json'), 'utf8'));
  } catch {
    return ['manifest.json or provenance.dsse.json cannot be read'];
  }
  const problems: string[] = [];
  const verified = verifyEnvelope(envelope, IN_TOTO, keys);
  const image = `image.${manifest.format}`;
  if (!verified.ok) problems.push(`provenance.dsse.json: ${verified.reason}`);
  else {
    const spoken = spokenOf(verified.payload);
    if (spoken === null) problems.push('provenance.dsse.json: it is signed, and holds no SLSA provenance');
    else {
      if (spoken.subjects.get(image) !== digest)
        problems.push(`provenance.dsse.json: it speaks of another image than ${digest}`);
      for (const [name, sha256] of [...spoken.subjects, ...spoken.byproducts])
        if (manifest.files[name]?.sha256 !== sha256)
          problems.push(`provenance.dsse.json: it speaks of another ${visible(name.slice(0, 100))}`);
    }
  }
  const signed = await standingOf(images, { ...manifest, family, digest }, keys);
  if (signed.standing !== 'signed') problems.push(signed.reason);
  if (manifest.digest !== digest || manifest.family !== family)
    problems.push('manifest.json: it is that of another image');
  if (manifest.files[image]?.sha256 !== digest) problems.push(`manifest.json: ${image} has another digest there`);
  for (const [name, { sha256, bytes }] of Object.entries(manifest.files)) {
    if (!/^[a-z0-9][a-z0-9.-]{0,100}$/.test(name))
      problems.push('manifest.json: it names a file that is none of the store');
    else if ((await stat(join(folder, name)).catch(() => null))?.size !== bytes)
      problems.push(`${name}: it is missing or has another size`);
    else if ((await fileDigest(join(folder, name))) !== sha256) problems.push(`${name}: its content was changed`);
  }
  for (const name of await readdir(folder)) {
    if (name !== 'manifest.json' && name !== SIGNED_MANIFEST && manifest.files[name] === undefined)
      problems.push(`${name}: nobody knows where it comes from`);
  }
  return problems;
}
