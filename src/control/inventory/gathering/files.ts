import { type FileFilter, type Gathered, MOST_FILES } from '../../../platforms/inventory/gather.ts';
import { plainRow } from './application-row.ts';

export const FILE_LIMIT_NOTE = `AWS:File: there are more files than ${MOST_FILES}; the others are left out.`;

const MOST_FILTERS = 10;
const MOST_PATTERNS = 20;

/** The `files` of an inventory document, or what is wrong with them. */
export function readFileFilters(text: string): readonly FileFilter[] | string {
  if (text.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'files is not JSON';
  }
  if (!Array.isArray(value) || value.length > MOST_FILTERS)
    return `files is not a list of at most ${MOST_FILTERS} maps`;
  const filters: FileFilter[] = [];
  for (const [index, one] of value.entries()) {
    const { Path, Pattern, Recursive = false } = (one ?? {}) as Record<string, unknown>;
    const where = `entry ${index + 1} of files`;
    if (typeof Path !== 'string' || !Path.startsWith('/') || /[\0-\x1f]/.test(Path) || Path.length > 1024)
      return `${where} has a Path that is not absolute`;
    const patterns: unknown[] = Array.isArray(Pattern) ? Pattern : [];
    const isName = (name: unknown): name is string =>
      typeof name === 'string' && name !== '' && name.length <= 255 && !/[/\0-\x1f]/.test(name);
    if (patterns.length === 0 || patterns.length > MOST_PATTERNS || !patterns.every(isName))
      return `${where} has no Pattern, a list of at most ${MOST_PATTERNS} names with wildcards`;
    const recursive = typeof Recursive === 'string' ? Recursive === 'true' : Recursive;
    if (typeof recursive !== 'boolean') return `${where} has a Recursive that is neither true nor false`;
    filters.push({ path: Path, patterns, recursive });
  }
  return filters;
}

/** The files that the filters found, each once. */
export function filesOf(gathered: Gathered, filters: number): { rows: Record<string, string>[]; isCut: boolean } {
  const rows = new Map<string, Record<string, string>>();
  for (let index = 0; index < filters; index += 1) {
    for (const record of (gathered.get(`files${index}`)?.text ?? '').split('\0')) {
      const [size = '', modified = '', accessed = '', folder = '', ...name] = record.split('\t');
      if (name.length === 0 || !/^\d+$/.test(size)) continue;
      const file = name.join('\t');
      rows.set(`${folder}/${file}`, {
        ...plainRow({ Name: file, Size: size, InstalledDir: folder }),
        ModificationTime: iso(modified),
        LastAccessTime: iso(accessed),
      });
    }
  }
  const all = [...rows.values()];
  return { rows: all.slice(0, MOST_FILES), isCut: all.length > MOST_FILES };
}

function iso(seconds: string): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 19)}Z`;
}
