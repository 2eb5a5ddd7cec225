import { createHash } from 'node:crypto';
import { schemeOf } from '../../core/advisories/ecosystem-versions.ts';
import { advisedSource } from '../../core/advisories/kernel-source.ts';
import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';
import { storable } from '../patch-manager/storable.ts';

/** A version of a package as it is stored, once for all nodes that have it. */
export interface StoredPackage {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** As advisories name it. */
  readonly source: string;
  readonly sourceVersion: string;
  readonly versionKey: string | null;
  readonly sourceKey: string | null;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

interface Reported {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/** Names are indexed, and an index row has an end; no archive has names as long as this. */
const LONGEST_NAME = 300;
const LONGEST_VERSION = 4096;
const MOST_KEPT = 50_000;

/**
 * Turns what machines report into what is stored, each once. Most packages of a fleet are the same on many nodes: what
 * was worked out for one is kept for the next, up to a limit.
 */
export function packageStorer(): (ecosystem: string, one: Reported) => StoredPackage {
  const kept = new Map<string, StoredPackage>();
  return (ecosystem, one) => {
    const key = JSON.stringify([ecosystem, one.name, one.architecture, one.version, one.source, one.sourceVersion]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = storedPackage(ecosystem, one);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, made);
    return made;
  };
}

function storedPackage(ecosystem: string, reported: Reported): StoredPackage {
  const advised = advisedSource(reported);
  const row = storable({
    name: reported.name.slice(0, LONGEST_NAME),
    architecture: reported.architecture.slice(0, LONGEST_NAME),
    version: reported.version.slice(0, LONGEST_VERSION),
    source: advised.source.slice(0, LONGEST_NAME),
    sourceVersion: advised.sourceVersion.slice(0, LONGEST_VERSION),
  });
  const scheme = VERSION_SCHEMES[schemeOf(ecosystem)];
  const told = JSON.stringify([ecosystem, row.name, row.architecture, row.version, row.source, row.sourceVersion]);
  return {
    ...row,
    // Of what was reported: a version that had to be cut is none.
    versionKey: scheme.key(reported.version) ?? null,
    sourceKey: scheme.key(advised.sourceVersion) ?? null,
    hash: createHash('sha256').update(told).digest('hex'),
  };
}
