import { readFileSync } from 'node:fs';
import { splitSections } from '../apt/sections.ts';
import { quote } from '../apt/shell.ts';

/** What a `files` filter looks for. https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-file-and-registry.html */
export interface FileFilter {
  readonly path: string;
  readonly patterns: readonly string[];
  readonly recursive: boolean;
}

export const PARTS = ['applications', 'network', 'details', 'custom'] as const;
export type Part = (typeof PARTS)[number];

export interface GatherRequest {
  /** Hexadecimal, new for every run. */
  readonly nonce: string;
  readonly parts: readonly Part[];
  readonly files: readonly FileFilter[];
}

/** AWS takes 500 files in all; one more tells that there are more. */
export const MOST_FILES = 500;

export function composeGather({ nonce, parts, files }: GatherRequest): string {
  const text = readFileSync(new URL('./scripts/gather.sh', import.meta.url), 'utf8');
  return [`NONCE=${quote(nonce)}`, `WANTED=${quote(parts.join(' '))}`, text, ...files.map(findLine)].join('\n');
}

function findLine({ path, patterns, recursive }: FileFilter, index: number): string {
  const names = patterns.map((pattern) => `-name ${quote(pattern)}`).join(' -o ');
  const depth = recursive ? '' : '-maxdepth 1 ';
  const format = quote('%s\\t%T@\\t%A@\\t%h\\t%f\\0');
  // GNU head knows records that end with NUL; a name may hold a newline.
  const find = `find ${quote(path)} ${depth}-type f \\( ${names} \\) -printf ${format} 2>/dev/null`;
  return `section files${index}\n${find} | head -z -n ${MOST_FILES + 1}\nended $?\n`;
}

/** A section that is absent was cut off or not asked for. */
export type Gathered = ReturnType<typeof splitSections>;

export function readGathered(output: string, nonce: string): Gathered {
  return splitSections(output, nonce);
}
