import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A host of files over https on loopback, with a certificate of its own. */
export interface FileHost {
  readonly url: string;
  /** PEM of who signed the certificate. */
  readonly ca: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  readonly headers: IncomingHttpHeaders[];
  close(): Promise<void>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Sends the body again and again and never ends. */
  readonly endless?: boolean;
}

/** null where this machine has no openssl to make a certificate with. */
export async function fileHost(answers: (path: string) => Answer | null): Promise<FileHost | null> {
  const folder = mkdtempSync(join(tmpdir(), 'kt-host-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    const made = spawnSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', cert]);
    if (made.status !== 0) return null;
    const ca = readFileSync(cert, 'utf8');
    const asked: string[] = [];
    const headers: FileHost['headers'] = [];
    const server = https.createServer({ key: readFileSync(key), cert: ca }, (request, response) => {
      asked.push(request.url ?? '');
      headers.push(request.headers);
      const answer = answers(request.url ?? '');
      response.writeHead(answer === null ? 404 : (answer.status ?? 200), answer?.headers ?? {});
      if (!answer?.endless) return response.end(answer?.body ?? '');
      const more = () => {
        while (answer.body && !response.destroyed && response.write(answer.body)) {}
      };
      response.on('drain', more);
      return more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return { url: `https://127.0.0.1:${port}`, ca, asked, headers, close };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
