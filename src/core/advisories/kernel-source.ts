const SIGNED = /^linux-signed(-.*?)??(?:-(?:amd64|arm64|i386))?$/;

/**
 * The source as advisories name it. Signed kernels come from a source of their own (`linux-signed-amd64` at
 * `6.1.176+1`), while advisories name `linux` at `6.1.176-1`, which is the version of the signed binaries.
 * https://wiki.debian.org/SecureBoot
 */
export function advisedSource(one: {
  readonly source: string;
  readonly sourceVersion: string;
  readonly version: string;
}): {
  readonly source: string;
  readonly sourceVersion: string;
} {
  const signed = SIGNED.exec(one.source);
  if (signed === null) return { source: one.source, sourceVersion: one.sourceVersion };
  return { source: `linux${signed[1] ?? ''}`, sourceVersion: one.version };
}
