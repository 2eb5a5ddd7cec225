import { createServer, request } from 'node:http';
import { connect, type Server, type Socket } from 'node:net';

/** Leads every connection of `listener` to another address, as it is: also TLS passes through. */
export function forwardTo(listener: Server, port: number, host: string): void {
  listener.on('connection', (near: Socket) => join(near, connect(port, host)));
}

function join(near: Socket, far: Socket): void {
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    // Whichever end breaks, the other one sees it.
    socket.on('error', () => {});
    socket.on('close', () => other.destroy());
    socket.pipe(other);
  }
}

/**
 * A proxy for apt that leads to the hosts of the mirror and nowhere else, so that a lab's node reaches its packages and
 * not the rest of the world. Answers 403 for anything else.
 */
export function mirrorProxy(listener: Server, mirrors: readonly string[]): void {
  const allowed = new Set(mirrors.map((uri) => placeOf(new URL(uri))));
  const proxy = createServer((asked, answer) => {
    const url = URL.canParse(asked.url ?? '') ? new URL(asked.url ?? '') : null;
    if (url === null || url.protocol !== 'http:' || !allowed.has(placeOf(url))) {
      answer.writeHead(403, { 'content-type': 'text/plain' }).end('The lab leads to its Debian mirror alone.\n');
      return;
    }
    const { 'proxy-connection': _, ...headers } = asked.headers;
    const onward = request(url, { method: asked.method, headers }, (told) => {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      told.pipe(answer);
    });
    onward.on('error', (error) => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
    });
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  });
  proxy.on('connect', (asked, near: Socket) => {
    const url = URL.canParse(`https://${asked.url}`) ? new URL(`https://${asked.url}`) : null;
    if (url === null || !allowed.has(placeOf(url))) {
      near.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const far = connect(Number(url.port || 443), url.hostname, () => near.write('HTTP/1.1 200 OK\r\n\r\n'));
    join(near, far);
  });
  listener.on('connection', (socket: Socket) => proxy.emit('connection', socket));
}

function placeOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
