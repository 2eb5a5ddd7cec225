import { join } from 'node:path';

/** Where the agent keeps what must outlive it, unless `--state` says otherwise. */
export const DEFAULT_STATE = '/var/lib/kintsugi-agent';

/** Everything in a state folder. Each is written whole or not at all. */
export interface StateFolder {
  readonly path: string;
  /** Who this node is: `registration.ts`. */
  readonly registration: string;
  readonly key: string;
  /** A key that is about to take the place of `key`: `key-pair.ts`. */
  readonly nextKey: string;
  /** A folder for each document that runs: `document-state.ts`. */
  readonly documents: string;
  /** A file for each message that was taken in: `taken-messages.ts`. */
  readonly messages: string;
  /** A file for each call that the server has not confirmed yet: `outbox.ts`. */
  readonly outbox: string;
  /** Hashes of the inventory that the server has: `inventory/put.ts`. */
  readonly inventory: string;
  /** When the server last answered: `heartbeat.ts`. */
  readonly contact: string;
}

export function stateFolder(path: string): StateFolder {
  return {
    path,
    registration: join(path, 'registration.json'),
    key: join(path, 'key.pem'),
    nextKey: join(path, 'key.next.pem'),
    documents: join(path, 'documents'),
    messages: join(path, 'messages'),
    outbox: join(path, 'replies'),
    inventory: join(path, 'inventory.json'),
    contact: join(path, 'contact.json'),
  };
}
