import { ecosystemOf, packageKind } from './ecosystem.ts';
import { at, recordsOf, textOf } from './json.ts';
import { isModular, moduleOfTitle } from './module-stream.ts';
import type { AffectedPackage } from './types.ts';

type Json = Readonly<Record<string, unknown>>;

const LONGEST_NAME = 300;
const LONGEST_VERSION = 500;

/** The packages that an OSV record touches, one row for each range of versions. */
export function affectedPackages(record: Json): readonly AffectedPackage[] {
  const stream = moduleOfTitle(textOf(record.summary));
  const rows = new Map<string, AffectedPackage>();
  for (const one of recordsOf(record.affected)) {
    for (const row of rowsOf(one)) {
      const known = stream !== null && row.fixed !== null && isModular(row.fixed) ? { ...row, module: stream } : row;
      rows.set([row.ecosystem, row.kind, row.name, row.introduced ?? '', row.fixed ?? ''].join('\n'), known);
    }
  }
  return [...rows.values()];
}

function rowsOf(affected: Json): readonly AffectedPackage[] {
  const ecosystem = ecosystemOf(textOf(at(affected.package, 'ecosystem')));
  const name = textOf(at(affected.package, 'name'));
  if (ecosystem === '' || ecosystem.length > LONGEST_NAME || name === '' || name.length > LONGEST_NAME) return [];
  const binaries = suseBinaries(affected, ecosystem);
  if (binaries.length > 0) return binaries;
  const ranges = recordsOf(affected.ranges).filter((range) => range.type === 'ECOSYSTEM');
  const spans = ranges.flatMap((range) => spansOf(recordsOf(range.events)));
  // Listed versions without a range: affected, with no fix that anybody named.
  if (spans.length === 0 && ranges.length === 0) spans.push({ fixed: null });
  return spans.map((span) => ({ ecosystem, name, kind: packageKind(ecosystem), ...span }));
}

type Span = Pick<AffectedPackage, 'introduced' | 'fixed'>;

/** Events alternate: introduced, fixed, introduced, … `0` is before every version; `last_affected` names no fix. */
function spansOf(events: readonly Json[]): Span[] {
  const spans: Span[] = [];
  let introduced: string | null = null;
  const close = (fixed: string | null): void => {
    if (introduced !== null) spans.push(introduced === '0' ? { fixed } : { introduced, fixed });
    introduced = null;
  };
  for (const event of events) {
    const from = versionOf(event.introduced);
    const fixed = versionOf(event.fixed);
    if (from !== null) {
      close(null);
      introduced = from;
    } else if (fixed !== null) {
      introduced ??= '0';
      close(fixed);
    } else if (versionOf(event.last_affected) !== null) {
      close(null);
    }
  }
  close(null);
  return spans;
}

/** SUSE names the source package and lists the binaries that were built from it, each with its fixed version. */
function suseBinaries(affected: Json, ecosystem: string): readonly AffectedPackage[] {
  if (!/^(?:open)?suse:/.test(ecosystem)) return [];
  return recordsOf(at(affected.ecosystem_specific, 'binaries')).flatMap((binaries) =>
    Object.entries(binaries).flatMap(([name, version]): AffectedPackage[] => {
      const fixed = versionOf(version);
      return fixed === null || name.length > LONGEST_NAME ? [] : [{ ecosystem, name, kind: 'binary', fixed }];
    }),
  );
}

function versionOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= LONGEST_VERSION && /^[!-~]+$/.test(value) ? value : null;
}
