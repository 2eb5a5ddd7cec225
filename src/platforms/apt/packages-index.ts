import { type StanzaSpan, scanStanzas, withoutCarriageReturns } from './control-stanzas.ts';
import { sourceOf, stanzaFields } from './stanza-fields.ts';

/**
 * One version of one package, as an archive offers it.
 * https://wiki.debian.org/DebianRepository/Format#A.22Packages.22_Indices
 */
export interface PackageStanza {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly priority: string;
  readonly section: string;
  /** Path below the archive's root; empty where the stanza has none. */
  readonly filename: string;
  /** Bytes of the archive; null where it is not told. */
  readonly size: number | null;
  /** Lower case hexadecimal; null where it is not told. */
  readonly sha256: string | null;
  /** 0..100; null: not phased. https://wiki.ubuntu.com/PhasedUpdates */
  readonly phasedUpdatePercentage: number | null;
  /** Raw text of any other field (`Depends`, `Pre-Depends`, `Breaks`, …), name in any case; null where absent. */
  field(name: string): string | null;
}

export interface PackageIndex {
  /** Stanzas that can be looked up. */
  readonly size: number;
  /** What is wrong with the other stanzas, at most 50 lines. */
  readonly problems: readonly string[];
  names(): Iterable<string>;
  /** Every version of a package in file order; with `architecture`, only those that fit it (its own and `all`). */
  lookup(name: string, architecture?: string): readonly PackageStanza[];
}

interface Entry {
  readonly start: number;
  readonly end: number;
  readonly text: string | null;
}

/**
 * Reads a Packages index (uncompressed). A stanza is parsed when it is first looked up, so reading is little more
 * than finding the empty lines. Without `wanted` the index keeps `buffer`, which must not change; with `wanted` it
 * knows those packages only and lets the buffer go.
 */
export function readPackagesIndex(buffer: Buffer, options: { wanted?: ReadonlySet<string> } = {}): PackageIndex {
  const { wanted } = options;
  const text = withoutCarriageReturns(buffer);
  const entries = new Map<string, Entry | Entry[]>();
  let size = 0;
  const keep = ({ name, start, end }: StanzaSpan): void => {
    size += 1;
    const entry: Entry = { start, end, text: wanted === undefined ? null : text.toString('utf8', start, end) };
    const known = entries.get(name);
    if (known === undefined) entries.set(name, entry);
    else if (Array.isArray(known)) known.push(entry);
    else entries.set(name, [known, entry]);
  };
  const problems = scanStanzas(text, keep, wanted === undefined ? {} : { wanted });
  const source = wanted === undefined ? text : null;
  const parsed = new Map<string, readonly PackageStanza[]>();
  const versionsOf = (name: string): readonly PackageStanza[] => {
    const entry = entries.get(name);
    if (entry === undefined) return [];
    const all = Array.isArray(entry) ? entry : [entry];
    const versions = distinct(
      all.map((one) => packageStanza(one.text ?? source?.toString('utf8', one.start, one.end) ?? '')),
    );
    parsed.set(name, versions);
    return versions;
  };
  return {
    size,
    problems,
    names: () => entries.keys(),
    lookup(name, architecture) {
      const versions = parsed.get(name) ?? versionsOf(name);
      if (architecture === undefined) return versions;
      return versions.filter((one) => one.architecture === architecture || one.architecture === 'all');
    },
  };
}

/** One version and architecture is offered once, whatever the index repeats: the first stands, as in apt. */
function distinct(versions: readonly PackageStanza[]): readonly PackageStanza[] {
  if (versions.length === 1) return versions;
  const seen = new Set<string>();
  return versions.filter((one) => {
    const key = `${one.version} ${one.architecture}`;
    return !seen.has(key) && seen.add(key);
  });
}

function packageStanza(text: string): PackageStanza {
  const fields = stanzaFields(text);
  const name = fields.get('package') ?? '';
  const version = fields.get('version') ?? '';
  return {
    name,
    version,
    architecture: fields.get('architecture') ?? '',
    ...sourceOf(fields, name, version),
    priority: fields.get('priority') ?? '',
    section: fields.get('section') ?? '',
    filename: fields.get('filename') ?? '',
    size: wholeNumber(fields.get('size'), Number.MAX_SAFE_INTEGER),
    sha256: /^[0-9a-f]{64}$/i.exec(fields.get('sha256') ?? '')?.[0].toLowerCase() ?? null,
    phasedUpdatePercentage: wholeNumber(fields.get('phased-update-percentage'), 100),
    field: (wanted) => fields.get(wanted.toLowerCase()) ?? null,
  };
}

function wholeNumber(text: string | undefined, most: number): number | null {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return value <= most ? value : null;
}
