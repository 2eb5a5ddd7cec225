import { readdirSync, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { readContent, writeContent } from '../../core/documents/read-content.ts';
import { isObject } from '../../core/documents/types.ts';
import { type DocumentView, hashOf, outlineOf } from './view.ts';

const FOLDER = new URL('../../../documents/', import.meta.url);

/** What a shipped file says to this server alone. */
const ATTRIBUTES = z.strictObject({
  /** The server answers the steps itself, by a run of this kind. */
  orchestration: z.enum(['patch-baseline', 'patch-baseline-with-hooks', 'inventory']).optional(),
  type: z.enum(['Command', 'Policy']).default('Command'),
});

let loaded: ReadonlyMap<string, DocumentView> | null = null;

/** The documents that come with the program, by name. They belong to Amazon's names and nobody can change them. */
export function shippedDocuments(): ReadonlyMap<string, DocumentView> {
  loaded ??= new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      .map((file) => {
        const view = load(file);
        return [view.name, view];
      }),
  );
  return loaded;
}

function load(file: string): DocumentView {
  const url = new URL(file, FOLDER);
  const read = readContent(readFileSync(url, 'utf8'), 'YAML');
  if (!read.ok || !isObject(read.value)) throw new Error(`${file}: ${read.ok ? 'not a map' : read.fault.message}`);
  const { kintsugi = {}, ...rest } = read.value;
  const { orchestration, type } = ATTRIBUTES.parse(kintsugi);
  const content = `${writeContent(rest, 'JSON')}\n`;
  const name = file.replace(/\.yaml$/, '');
  const { schemaVersion, platformTypes } = outlineOf(content, 'JSON', type);
  return {
    account: null,
    name,
    documentType: type,
    version: 1,
    defaultVersion: 1,
    latestVersion: 1,
    versionName: null,
    displayName: null,
    targetType: null,
    documentFormat: 'JSON',
    content,
    hash: hashOf(content),
    schemaVersion,
    platformTypes,
    requires: [],
    author: null,
    createdAt: statSync(url).mtime,
    reviewStatus: null,
    orchestration: orchestration ?? null,
  };
}
