import { randomBytes } from 'node:crypto';
import { createAccessKey } from '../src/control/access-keys/access-keys.ts';
import { startGateway } from '../src/gateway/server.ts';
import { keysOf } from '../src/gateway/wiring.ts';
import { openDatabase } from '../src/store/database.ts';
import { sealerOf } from '../src/store/sealer.ts';
import { smallServices } from './small-services.ts';

/** A gateway in a process of its own, to be killed: `node small-server.ts SOCKET_FOLDER` prints its address and a key. */
const [socketFolder = ''] = process.argv.slice(2);
const { db } = openDatabase({ socketFolder });
const sealer = sealerOf(randomBytes(32));
const key = await createAccessKey(db, sealer, { account: '000000000000', role: 'admin', now: new Date() });
const place = { region: 'eu-west-1', host: '127.0.0.1', port: 0 };
const { url } = await startGateway({ ...place, db, services: smallServices, keys: keysOf({ db, sealer }) });
console.log(JSON.stringify({ url, key }));
