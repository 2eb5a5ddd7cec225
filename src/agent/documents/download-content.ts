import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Host } from '../host.ts';
import { isObject, type JsonObject, parseObject } from '../wire.ts';

/**
 * `aws:downloadContent` of a document that the server keeps: its content is written as it is, to `destinationPath` or
 * into the step's own folder. Other sources are not for this agent.
 */
export async function downloadContent(
  host: Host,
  inputs: JsonObject,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  if (inputs.sourceType !== 'SSMDocument') {
    throw new Error(`aws:downloadContent: source type '${String(inputs.sourceType)}' is not supported by this agent`);
  }
  const source = typeof inputs.sourceInfo === 'string' ? parseObject(inputs.sourceInfo) : inputs.sourceInfo;
  const reference = isObject(source) && typeof source.name === 'string' ? source.name : '';
  if (reference === '') throw new Error('aws:downloadContent: sourceInfo has no name of a document');
  const { name, version } = splitVersion(reference);
  const question = version === null ? { Name: name } : { Name: name, DocumentVersion: version };
  const answer = await host.session.call('ssm', 'GetDocument', question, { timeoutMs: 60_000, signal });
  if (typeof answer.Content !== 'string') throw new Error(`document ${name} has no content`);
  const path = await destination(inputs.destinationPath, folder, `${basename(name)}.json`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, answer.Content, { mode: 0o700 });
  return `Content downloaded to ${path}`;
}

/** `plan:7` is version 7 of `plan`; the colons of an ARN part no version off. */
function splitVersion(reference: string): { readonly name: string; readonly version: string | null } {
  const [, name, version] = /^(.+):(\d+|\$LATEST|\$DEFAULT)$/.exec(reference) ?? [];
  return name === undefined || version === undefined ? { name: reference, version: null } : { name, version };
}

async function destination(input: unknown, folder: string, name: string): Promise<string> {
  if (typeof input !== 'string' || input === '') return join(folder, name);
  const path = isAbsolute(input) ? input : resolve(folder, input);
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true || path.endsWith('/') ? join(path, name) : path;
}
