import type { Json } from '../../json.ts';
import { isArray, isObject } from '../outcome.ts';
import { accepts, type Trial } from './filter.ts';
import { isDefinite, type Segment, segmentText } from './syntax.ts';

/** The most values that one step of a path may meet, and so what a hostile path costs. */
const MOST_VALUES = 1_000_000;

/** A definite path that leads nowhere, in Jayway's words; thrown here and caught by the public functions. */
export class PathNotFound extends Error {}

/** A path that costs too much. */
export class PathTooCostly extends Error {}

/** Work that is left to one evaluation. */
export interface Budget {
  left: number;
}

export function newBudget(): Budget {
  return { left: MOST_VALUES };
}

function spend(budget: Budget, values = 1): void {
  budget.left -= values;
  if (budget.left < 0) throw new PathTooCostly(`The path meets more than ${MOST_VALUES} values`);
}

/**
 * The value of a path: of a definite one the value itself, of any other the array of all that it meets, which may be
 * empty: AWS recorded `$.items[:1]` of `{}` as `[]`. Throws PathNotFound where a definite path leads nowhere.
 */
export function select(segments: readonly Segment[], document: Json, root: Json, budget: Budget): Json {
  let nodes: Json[] = [document];
  const isOfOne = isDefinite(segments);
  for (const [at, segment] of segments.entries()) {
    const next: Json[] = [];
    for (const node of nodes) {
      if (segment.deep) for (const one of containersOf(node, budget)) apply(segment, one, root, next, budget);
      else apply(segment, node, root, next, budget);
      if (isOfOne && next.length === 0) checkFound(segments, at, node);
    }
    nodes = next;
  }
  if (!isOfOne) return nodes;
  const [value] = nodes;
  if (value === undefined) throw new PathNotFound(`No results for path: ${textOf(segments)}`);
  return value;
}

function textOf(segments: readonly Segment[]): string {
  return `$${segments.map(segmentText).join('')}`;
}

/** What Jayway says where a segment of a definite path found nothing in `node`. */
function checkFound(segments: readonly Segment[], at: number, node: Json): void {
  const segment = segments[at];
  if (segment === undefined) return;
  const here = textOf(segments.slice(0, at));
  const kind = node === null ? 'null' : typeof node;
  if (segment.kind === 'names' && !isObject(node)) {
    throw new PathNotFound(
      `Expected to find an object with property ${segmentText(segment)} in path ${here} but found '${kind}'`,
    );
  }
  if (segment.kind === 'names') {
    const isLeaf = at === segments.length - 1;
    const whole = textOf(segments.slice(0, at + 1));
    throw new PathNotFound(isLeaf ? `No results for path: ${whole}` : `Missing property in path ${whole}`);
  }
  if (!isArray(node)) {
    throw new PathNotFound(
      `Filter: ${segmentText(segment)} can only be applied to arrays. Current context is: ${here}`,
    );
  }
}

/** A value and all arrays and objects in it, the outer ones first. */
function* containersOf(top: Json, budget: Budget): Generator<Json> {
  const waiting: Json[] = [top];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const children: Json[] = Object.values(node);
    spend(budget, 1 + children.length);
    yield node;
    for (let at = children.length - 1; at >= 0; at -= 1) waiting.push(children[at] as Json);
  }
}

function apply(segment: Segment, node: Json, root: Json, into: Json[], budget: Budget): void {
  const add = (value: Json | undefined): void => {
    if (value === undefined) return;
    spend(budget);
    into.push(value);
  };
  switch (segment.kind) {
    case 'names':
      if (isObject(node)) add(pick(node, segment.names));
      return;
    case 'indexes':
      if (isArray(node)) for (const index of segment.indexes) add(node.at(index));
      return;
    case 'slice':
      if (isArray(node)) for (const one of node.slice(segment.from ?? 0, segment.to ?? node.length)) add(one);
      return;
    case 'wildcard':
      if (typeof node === 'object' && node !== null) for (const one of Object.values(node)) add(one);
      return;
    case 'filter':
      // Of an object Jayway tries the object itself, of an array each element.
      for (const one of isArray(node) ? node : isObject(node) ? [node] : []) {
        spend(budget);
        if (accepts(segment.filter, trialOf(one, root, budget))) add(one);
      }
  }
}

function trialOf(node: Json, root: Json, budget: Budget): Trial {
  return {
    spend: (values) => spend(budget, values),
    find: (path) => {
      try {
        return select(path.segments, path.root === '@' ? node : root, root, budget);
      } catch (error) {
        if (error instanceof PathNotFound) return undefined;
        throw error;
      }
    },
  };
}

/** One property, or of several (`['a','b']`) an object of those that are there. */
function pick(node: { readonly [key: string]: Json }, names: readonly string[]): Json | undefined {
  const [only = ''] = names;
  if (names.length === 1) return Object.hasOwn(node, only) ? node[only] : undefined;
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(node, name)).map((name) => [name, node[name] ?? null]),
  );
}
