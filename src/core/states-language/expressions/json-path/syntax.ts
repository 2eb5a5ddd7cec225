import type { Json } from '../../json.ts';

/** One step of a path. `deep` applies it to everything below as well (`..`). */
export type Segment = { readonly deep: boolean } & Selector;

export type Selector =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | null; readonly to: number | null }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'filter'; readonly filter: Filter };

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'exists'; readonly path: FilterPath }
  | { readonly kind: 'compare'; readonly left: Operand; readonly operator: Operator; readonly right: Operand };

export const OPERATORS = [
  '===',
  '!==',
  '==',
  '!=',
  '<=',
  '>=',
  '=~',
  '<',
  '>',
  'subsetof',
  'contains',
  'noneof',
  'anyof',
  'empty',
  'size',
  'nin',
  'all',
  'in',
] as const;
export type Operator = (typeof OPERATORS)[number];

export type Operand =
  | { readonly kind: 'path'; readonly path: FilterPath }
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string };

/** A path inside of a filter: of the node that is tried (`@`) or of the whole document (`$`). */
export interface FilterPath {
  readonly root: '@' | '$';
  readonly segments: readonly Segment[];
}

/** What a path starts at: `$`, `$$`, or the variable of that name. */
export type Root = { readonly kind: 'input' | 'context' } | { readonly kind: 'variable'; readonly name: string };

export interface JsonPath {
  readonly root: Root;
  readonly segments: readonly Segment[];
}

/** A path that cannot be read; thrown by the parsers and caught where they are called. */
export class PathSyntaxError extends Error {}

/** Whether a path can only ever mean one value: no wildcard, `..`, slice, filter or union of indexes in it. */
export function isDefinite(segments: readonly Segment[]): boolean {
  return segments.every(
    (segment) =>
      !segment.deep && (segment.kind === 'names' || (segment.kind === 'indexes' && segment.indexes.length === 1)),
  );
}

/** A segment in the normal form of Jayway's texts: `['a']`, `[0]`. */
export function segmentText(segment: Segment): string {
  const deep = segment.deep ? '..' : '';
  switch (segment.kind) {
    case 'names':
      return `${deep}[${segment.names.map((name) => `'${name}'`).join(',')}]`;
    case 'indexes':
      return `${deep}[${segment.indexes.join(',')}]`;
    case 'slice':
      return `${deep}[${segment.from ?? ''}:${segment.to ?? ''}]`;
    case 'wildcard':
      return `${deep}[*]`;
    case 'filter':
      return `${deep}[?]`;
  }
}
