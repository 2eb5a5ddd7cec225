import { createHash } from 'node:crypto';
import type { Host } from '../host.ts';
import { readState, writeState } from '../state-file.ts';
import { type JsonObject, parseObject, ServiceError } from '../wire.ts';
import type { InventoryItem } from './item.ts';

/** The server has other content than the hash says, or none: it wants all of it. */
const WANTS_CONTENT = new Set(['ItemContentMismatchException', 'InvalidItemContentException']);
const LARGEST_ITEM = 3072 * 1024;

/**
 * Sends an inventory. What the server is known to have is sent as its hash alone, until the server says that it has
 * something else. Answers a line for the step's output. Errors: ServiceError, and those of the connection.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutInventory.html
 */
export async function putInventory(host: Host, items: readonly InventoryItem[], signal: AbortSignal): Promise<string> {
  const captureTime = host
    .now()
    .toISOString()
    .replace(/\.\d{3}Z$/, 'Z');
  const hashes = Object.fromEntries(items.map((item) => [item.typeName, contentHash(item)]));
  const sent = parseObject((await readState(host.folder.inventory)) ?? '') ?? {};
  const send = (isKnown: (item: InventoryItem) => boolean): Promise<JsonObject> => {
    const wire = items.map((item) => ({
      TypeName: item.typeName,
      SchemaVersion: item.schemaVersion,
      CaptureTime: captureTime,
      ContentHash: hashes[item.typeName],
      ...(isKnown(item) ? {} : { Content: item.content }),
    }));
    const body = { InstanceId: host.instanceId, Items: wire };
    return host.session.call('ssm', 'PutInventory', body, { timeoutMs: 60_000, signal });
  };
  await send(({ typeName }) => sent[typeName] === hashes[typeName]).catch((error: unknown) => {
    if (!(error instanceof ServiceError) || !WANTS_CONTENT.has(error.code)) throw error;
    return send(() => false);
  });
  await writeState(host.folder.inventory, JSON.stringify({ ...sent, ...hashes }));
  return `Inventory sent: ${items.map(({ typeName, content }) => `${typeName} ${content.length}`).join(', ')}`;
}

function contentHash({ typeName, content }: InventoryItem): string {
  const text = JSON.stringify(content);
  if (Buffer.byteLength(text) > LARGEST_ITEM) {
    throw new Error(`${typeName}: the size of the collected data exceeded the maximum allowable size`);
  }
  return createHash('md5').update(text).digest('base64');
}
