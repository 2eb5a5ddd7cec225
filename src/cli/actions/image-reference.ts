import { KintsugiError } from '../../core/errors.ts';
import { isDigest, readImageReference } from '../../core/images/names.ts';
import { askImages } from '../client/image-answers.ts';
import type { ServerProfile } from '../client/profile.ts';

/** `FAMILY` or `FAMILY@DIGEST`. Throws Usage. */
export function referenceOf(text: string): { family: string; digest: string | null } {
  const read = readImageReference(text);
  if (read !== null) return read;
  throw new KintsugiError('Usage', `${JSON.stringify(text.slice(0, 120))} names no image: give FAMILY@DIGEST.`);
}

/** The whole digest of a registered image, of which the beginning is enough where it is one image's alone. */
export async function wholeDigest(profile: ServerProfile, family: string, digest: string): Promise<string> {
  if (isDigest(digest)) return digest;
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await askImages(profile, 'DescribeImages', { Family: family, ...(NextToken && { NextToken }) });
    found.push(...page.Images.map((one) => one.Digest).filter((one) => one.startsWith(digest)));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const why = found.length === 0 ? 'The server has no registered image' : `${found.length} images begin so:`;
  throw new KintsugiError('ImageNotFound', `${why} ${family}@${digest}.`, {
    advice: '`kintsugi image register FAMILY@DIGEST` makes one known to the server.',
  });
}
