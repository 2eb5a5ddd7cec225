import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { fault, isFull, type Place, quoted, type Report } from './issue.ts';
import { type LineIndex, lineIndex } from './line-index.ts';
import { refuseText } from './text-limits.ts';
import { plainScalar, type TreeNode } from './tree.ts';

/** Counts every use of an alias anew, so that a few lines of aliases of aliases cannot grow without end. */
const MAX_NODES = 20_000;
const MAX_DEPTH = 32;
const MAX_SYNTAX_FAULTS = 5;

const STRING_TAG = 'tag:yaml.org,2002:str';

/** The text as a tree, or null with the reasons in `report`. Reads YAML 1.2, of which JSON is a part. Never throws. */
export function readTree(text: string, report: Report): TreeNode | null {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const refused = refuseText(content);
  if (refused) {
    report.faults.push(refused);
    return null;
  }
  const lines = lineIndex(content);
  const document = parse(content, lines, report);
  if (document === null) return null;
  if (document.contents === null || isEmptyScalar(document.contents)) {
    fault(report, start, 'the file is empty: a baseline needs at least a Name');
    return null;
  }
  const reading: Reading = { lines, report, anchors: new Map(), nodes: 0 };
  const tree = treeOf(document.contents, start, reading, 0);
  return report.faults.length > 0 ? null : tree;
}

const start: Place = { path: '', line: 1, column: 1 };

/** Only a scalar without a word in it: the text holds nothing but comments and document markers. */
function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN' && node.source === '';
}

function parse(text: string, lines: LineIndex, report: Report): Document.Parsed | null {
  try {
    // `failsafe` makes every scalar a string and `uniqueKeys` would compare all keys with all: both are done here.
    const document = parseDocument(text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      // Not `silent`: then a second document would go unnoticed.
      logLevel: 'error',
    });
    for (const error of document.errors.slice(0, MAX_SYNTAX_FAULTS)) {
      fault(report, { path: '', ...lines.at(error.pos[0]) }, syntaxMessage(error.code, error.message));
    }
    return document.errors.length > 0 ? null : document;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    fault(report, start, 'the file is nested too deeply for a baseline');
    return null;
  }
}

function syntaxMessage(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here ("---"): a file holds one baseline';
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line: YAML wants spaces';
  if (code === 'RESOURCE_EXHAUSTION') return 'the file is nested too deeply for a baseline';
  return `not valid YAML or JSON: ${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\s+/g, ' ')}`;
}

interface Reading {
  readonly lines: LineIndex;
  readonly report: Report;
  readonly anchors: Map<string, Node>;
  nodes: number;
}

function treeOf(node: Node | null, at: Place, reading: Reading, depth: number): TreeNode {
  const here = node?.range ? place(at.path, node.range[0], reading) : at;
  const nothing: TreeNode = { kind: 'scalar', at: here, value: null, written: '' };
  reading.nodes += 1;
  if (isFull(reading.report)) return nothing;
  if (depth > MAX_DEPTH) return failed(reading, here, 'this is nested too deeply for a baseline', nothing);
  if (reading.nodes > MAX_NODES) {
    // Said once; what is left of the lists that are open is dropped in passing.
    const isFirst = reading.nodes === MAX_NODES + 1;
    return isFirst ? failed(reading, here, 'the aliases make the file too large for a baseline', nothing) : nothing;
  }
  if (node === null) return nothing;
  if (isAlias(node)) return aliasTree(node, here, reading, depth, nothing);
  const tag = node.tag;
  if (tag !== undefined && !/^tag:yaml\.org,2002:(?:str|map|seq)$/.test(tag)) {
    return failed(reading, here, `the tag ${quoted(tag)} means nothing here: write the value without it`, nothing);
  }
  const tree = collectionOrScalar(node, here, reading, depth) ?? nothing;
  // Registered when complete: an alias inside its own anchor stays unknown, and no tree has a cycle.
  if ('anchor' in node && node.anchor) reading.anchors.set(node.anchor, node);
  return tree;
}

function collectionOrScalar(node: Node, here: Place, reading: Reading, depth: number): TreeNode | null {
  if (isMap(node)) return mapTree(node as YAMLMap<Node, Node | null>, here, reading, depth);
  if (isSeq(node)) {
    const items = (node as YAMLSeq<Node>).items.map((item, index) =>
      treeOf(item, { ...here, path: `${here.path}[${index}]` }, reading, depth + 1),
    );
    return { kind: 'list', at: here, items };
  }
  return isScalar(node) ? scalarTree(node as Scalar<string>, here) : null;
}

function scalarTree(node: Scalar<string>, at: Place): TreeNode {
  const written = String(node.value);
  const isPlain = node.type === 'PLAIN' && node.tag !== STRING_TAG;
  return { kind: 'scalar', at, value: isPlain ? plainScalar(written) : written, written };
}

function mapTree(node: YAMLMap<Node, Node | null>, here: Place, reading: Reading, depth: number): TreeNode {
  const entries = node.items.map((pair: Pair<Node, Node | null>) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const path = joinPath(here.path, key);
    const keyAt = pair.key.range ? place(path, pair.key.range[0], reading) : { ...here, path };
    if (!isScalar(pair.key)) fault(reading.report, keyAt, 'a key must be one word');
    return { key, keyAt, value: treeOf(pair.value, keyAt, reading, depth + 1) };
  });
  return { kind: 'map', at: here, entries };
}

/** The aliased value is read again for its new path; its line and column stay those of where it is written. */
function aliasTree(alias: Alias, here: Place, reading: Reading, depth: number, nothing: TreeNode): TreeNode {
  const target = reading.anchors.get(alias.source);
  if (target) return treeOf(target, here, reading, depth + 1);
  return failed(
    reading,
    here,
    `no anchor &${quoted(alias.source).slice(1, -1)} is complete before this alias`,
    nothing,
  );
}

function failed(reading: Reading, at: Place, message: string, instead: TreeNode): TreeNode {
  fault(reading.report, at, message);
  return instead;
}

function place(path: string, offset: number, reading: Reading): Place {
  return { path, ...reading.lines.at(offset) };
}

function joinPath(parent: string, key: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(key)) return `${parent}[${quoted(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}
