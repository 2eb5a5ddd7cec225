import type { Place } from './issue.ts';

/**
 * A YAML or JSON text as a baseline's readers see it: plain data, every value with its place. Keys are kept as they
 * are written, twice if they are written twice.
 */
export type TreeNode = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: 'map';
  readonly at: Place;
  readonly entries: readonly TreeEntry[];
}

export interface TreeEntry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: TreeNode;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Place;
  readonly items: readonly TreeNode[];
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Place;
  /** null: nothing is written there, or `null`. */
  readonly value: string | number | boolean | null;
  /** As written: `007` where the value is 7. */
  readonly written: string;
}

/**
 * What a word without quotes means: the core schema of YAML 1.2, decimal numbers only, whatever version a text
 * claims. So `NO` (Norway), `yes` and 2024-01-01 are text, as their writers mean them.
 * https://yaml.org/spec/1.2.2/#103-core-schema
 */
export function plainScalar(written: string): string | number | boolean | null {
  if (/^(?:|~|null|Null|NULL)$/.test(written)) return null;
  if (/^(?:true|True|TRUE)$/.test(written)) return true;
  if (/^(?:false|False|FALSE)$/.test(written)) return false;
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(written)) return Number(written);
  return written;
}
