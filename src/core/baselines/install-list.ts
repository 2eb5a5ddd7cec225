import { readContent } from '../documents/read-content.ts';
import { isObject, type Json } from '../documents/types.ts';
import { compileGlob } from './glob.ts';
import { quoted } from './issue.ts';

/** A version that may be installed, as a list is asked about it. */
interface Version {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

/** The patches that an Install takes in the place of the baseline's. */
export interface InstallList {
  /** How many entries it has. */
  readonly size: number;
  /** Whether an entry names the package, in whatever version. */
  readonly names: (one: Pick<Version, 'name' | 'architecture'>) => boolean;
  /** Whether an entry names this version of it. */
  readonly takes: (one: Version) => boolean;
}

export type ParsedList =
  | { readonly ok: true; readonly list: InstallList }
  | { readonly ok: false; readonly faults: readonly string[] };

interface Entry {
  readonly id: string;
  readonly title: string;
}

const MOST_ENTRIES = 5000;
const LONGEST = 512;
const MOST_FAULTS = 20;

/**
 * Reads an InstallOverrideList: YAML (or JSON) with `patches`, a list of `id`, which is `name.arch`, and `title`, which
 * is `name.arch:version`; both may have shell wildcards anywhere, and both have to match. A version of dpkg may be given
 * without its epoch. Never throws.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-aws-runpatchbaseline.html
 */
export function parseInstallList(text: string): ParsedList {
  const read = readContent(text, 'YAML');
  if (!read.ok) return refused([read.fault.message]);
  const patches = isObject(read.value) ? read.value.patches : undefined;
  if (!Array.isArray(patches)) return refused(['it has no list "patches"']);
  if (patches.length === 0) return refused(['its list "patches" is empty']);
  if (patches.length > MOST_ENTRIES)
    return refused([`it has ${patches.length} patches, and ${MOST_ENTRIES} are the most`]);
  const faults: string[] = [];
  const entries = patches.flatMap((patch: Json, index): Entry[] => {
    const entry = entryOf(patch);
    if (typeof entry !== 'string') return [entry];
    faults.push(`patch ${index + 1} ${entry}`);
    return [];
  });
  return faults.length > 0 ? refused(faults.slice(0, MOST_FAULTS)) : { ok: true, list: listOf(entries) };
}

function entryOf(patch: Json): Entry | string {
  if (!isObject(patch)) return 'is not a map with an id and a title';
  const { id, title } = patch;
  if (typeof id !== 'string' || id.trim() === '') return 'has no id: write name.arch, as in openssl.amd64';
  if (typeof title !== 'string' || title.trim() === '')
    return `(${quoted(id)}) has no title: write name.arch:version, or '*' for every version`;
  if (id.length > LONGEST || title.length > LONGEST) return `(${quoted(id)}) is longer than any package's name`;
  const strange = [id, title].find((one) => !/^[\x21-\x7e]+$/.test(one.trim()));
  if (strange !== undefined) return `has ${quoted(strange)}, which no package of any architecture is called`;
  return { id: id.trim(), title: title.trim() };
}

function listOf(entries: readonly Entry[]): InstallList {
  const compiled = entries.map(({ id, title }) => ({ id: compileGlob(id), title: compileGlob(title) }));
  const idOf = ({ name, architecture }: Pick<Version, 'name' | 'architecture'>) => `${name}.${architecture}`;
  return {
    size: entries.length,
    names: (one) => compiled.some(({ id }) => id.matches(idOf(one))),
    takes: (one) => {
      const titles = [one.version, one.version.replace(/^\d+:/, '')].map((version) => `${idOf(one)}:${version}`);
      return compiled.some(({ id, title }) => id.matches(idOf(one)) && titles.some(title.matches));
    },
  };
}

function refused(faults: readonly string[]): ParsedList {
  return { ok: false, faults };
}
