import type { FoundKey } from '../control/access-keys/access-keys.ts';
import type { Keys } from './authenticate.ts';

const MOST = 1000;
/** How long a revoked key may still be taken by a server that has just seen it. */
const MILLISECONDS = 1000;

/**
 * Spares the store a look-up for each of many calls with one key. Only keys of people and programs are remembered, for a
 * second: a node that is deregistered is out at once.
 */
export function rememberKeys(keys: Keys, clock: () => number = () => performance.now()): Keys {
  const known = new Map<string, { key: FoundKey; until: number }>();
  return {
    ofNode: (instanceId) => keys.ofNode(instanceId),
    async find(accessKeyId) {
      const found = known.get(accessKeyId);
      if (found !== undefined && clock() < found.until) return found.key;
      known.delete(accessKeyId);
      const key = await keys.find(accessKeyId);
      if (key === null || key.role === 'node') return key;
      if (known.size >= MOST) known.clear();
      known.set(accessKeyId, { key, until: clock() + MILLISECONDS });
      return key;
    },
  };
}
