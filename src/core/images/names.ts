/** Where an image is pointed to on its way: baked, tried, used. */
export const CHANNELS = ['candidate', 'staging', 'gold'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A family stands in the names of parameters, so it is of their characters, and of one level. */
const FAMILY = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9])?$/;
/** A disk image by its bytes, or an image of EC2. */
const DIGEST = /^(?:sha256:[0-9a-f]{64}|ami-(?:[0-9a-f]{8}|[0-9a-f]{17}))$/;
/** `/images/revoked/` is where revocations are published. */
const TAKEN = new Set(['revoked']);

export function isFamily(text: string): boolean {
  return FAMILY.test(text) && !TAKEN.has(text);
}

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** An image of EC2, by its id. */
export function isAmi(digest: string): boolean {
  return digest.startsWith('ami-');
}

/** The parameter that names the gold image of a family. */
export function goldParameter(family: string): string {
  return `/images/${family}/gold`;
}

/** The family whose gold image a parameter of this name would tell; null for any other name. */
export function familyOfGold(name: string): string | null {
  const family = /^\/images\/([^/]+)\/gold$/.exec(name)?.[1];
  return family !== undefined && isFamily(family) ? family : null;
}

/** The parameter that is there while an image is revoked: what state machines ask for, here and on AWS. */
export function revocationParameter(digest: string): string {
  return `/images/revoked/${digest.replace(':', '-')}`;
}

/** The image that a parameter of this name revokes; null for any other name. */
export function digestOfRevocation(name: string): string | null {
  const word = /^\/images\/revoked\/([^/]+)$/.exec(name)?.[1];
  const digest = word?.replace(/^sha256-/, 'sha256:');
  return digest !== undefined && isDigest(digest) ? digest : null;
}

/** Enough of a digest for a person to know and to copy. */
export function shortDigest(digest: string): string {
  return isAmi(digest) ? digest : digest.slice('sha256:'.length, 'sha256:'.length + 12);
}

/** What `FAMILY` or `FAMILY@DIGEST` says; the digest may be only the beginning of one. */
export interface ImageReference {
  readonly family: string;
  readonly digest: string | null;
}

/** null for what is no reference. */
export function readImageReference(text: string): ImageReference | null {
  const [, family = '', digest] = /^([^@]{1,100})(?:@(.{1,80}))?$/.exec(text) ?? [];
  if (!isFamily(family)) return null;
  if (digest === undefined) return { family, digest: null };
  const isStart = /^(?:(?:sha256:)?[0-9a-f]{4,64}|ami-[0-9a-f]{4,17})$/.test(digest);
  return isStart ? { family, digest: /^[0-9a-f]+$/.test(digest) ? `sha256:${digest}` : digest } : null;
}
