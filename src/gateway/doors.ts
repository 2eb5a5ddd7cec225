import type { Database } from '../store/database.ts';
import type { Sealer } from '../store/sealer.ts';
import { type Gateway, type GatewayOptions, startGateway } from './server.ts';
import type { Service } from './service.ts';
import { keysOf, pagesOf } from './wiring.ts';

export interface DoorOptions extends Pick<GatewayOptions, 'host' | 'port' | 'region'> {
  readonly account: string;
  readonly tls?: GatewayOptions['tls'];
  readonly log?: GatewayOptions['log'];
}

export interface Doors {
  readonly doors: readonly Gateway[];
  /** Where it listens. */
  readonly url: string;
  /** The same as programs on this machine reach it. */
  readonly localUrl: string;
}

/** With TLS there is a second door, on loopback alone: the certificate is for the name by which others know the server. */
export async function openDoors(
  { host, port, region, account, tls, log }: DoorOptions,
  { db, sealer }: { readonly db: Database; readonly sealer: Sealer },
  services: readonly Service[],
): Promise<Doors> {
  const house = { db, region, account, keys: keysOf({ db, sealer }), services, pages: pagesOf({ db }) };
  const told = log === undefined ? house : { ...house, log };
  const door = await startGateway({ ...told, host, port, ...(tls === undefined ? {} : { tls }) });
  if (tls === undefined) return { doors: [door], url: door.url, localUrl: onThisMachine(door.url) };
  try {
    const inner = await startGateway({ ...told, host: '127.0.0.1', port: 0 });
    return { doors: [door, inner], url: door.url, localUrl: inner.url };
  } catch (error) {
    await door.close();
    throw error;
  }
}

/** A server that listens at every address is reached from here at one of them. */
function onThisMachine(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
