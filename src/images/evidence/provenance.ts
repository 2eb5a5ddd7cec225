import { z } from 'zod';

export const IN_TOTO = 'application/vnd.in-toto+json';
export const STATEMENT = 'https://in-toto.io/Statement/v1';
const SLSA = 'https://slsa.dev/provenance/v1';

export interface Material {
  readonly uri: string;
  readonly digest?: Readonly<Record<string, string>>;
}

export interface BuildFacts {
  readonly subjects: readonly { readonly name: string; readonly sha256: string }[];
  /** What kind of build it was, a URI. */
  readonly buildType: string;
  /** What whoever asked for the build could choose. */
  readonly externalParameters: Readonly<Record<string, unknown>>;
  /** What the builder chose. */
  readonly internalParameters: Readonly<Record<string, unknown>>;
  readonly materials: readonly Material[];
  readonly builderId: string;
  readonly builderVersion: Readonly<Record<string, string>>;
  readonly invocationId: string;
  /** ISO 8601. */
  readonly startedOn: string;
  readonly finishedOn: string;
  readonly byproducts: readonly { readonly name: string; readonly sha256: string }[];
}

/**
 * An in-toto statement with SLSA provenance, version 1.
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md https://slsa.dev/spec/v1.0/provenance
 */
export function provenanceStatement(facts: BuildFacts): object {
  const named = ({ name, sha256 }: { name: string; sha256: string }) => ({ name, digest: { sha256 } });
  return {
    _type: STATEMENT,
    subject: facts.subjects.map(named),
    predicateType: SLSA,
    predicate: {
      buildDefinition: {
        buildType: facts.buildType,
        externalParameters: facts.externalParameters,
        internalParameters: facts.internalParameters,
        resolvedDependencies: facts.materials,
      },
      runDetails: {
        builder: { id: facts.builderId, version: facts.builderVersion },
        metadata: { invocationId: facts.invocationId, startedOn: facts.startedOn, finishedOn: facts.finishedOn },
        byproducts: facts.byproducts.map(named),
      },
    },
  };
}

const statement = z.object({
  _type: z.literal(STATEMENT),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })).min(1),
  predicateType: z.literal(SLSA),
  predicate: z.object({
    runDetails: z.object({
      byproducts: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })).default([]),
    }),
  }),
});

/** The digests that a signed statement speaks of, by name: what was made, and what came with it. */
export interface Spoken {
  readonly subjects: ReadonlyMap<string, string>;
  readonly byproducts: ReadonlyMap<string, string>;
}

/** Null for what is no SLSA statement. */
export function spokenOf(payload: Buffer): Spoken | null {
  try {
    const { subject, predicate } = statement.parse(JSON.parse(payload.toString('utf8')));
    const named = (all: typeof subject) => new Map(all.map(({ name, digest }) => [name, digest.sha256]));
    return { subjects: named(subject), byproducts: named(predicate.runDetails.byproducts) };
  } catch {
    return null;
  }
}
