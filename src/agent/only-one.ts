import { mkdir, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { KintsugiError } from '../core/errors.ts';

/**
 * Makes sure that one agent alone works on a state folder: a socket in Linux's abstract name space, which the kernel
 * gives to one process and takes back at its end, whatever the end. Errors: AgentRunning.
 * https://man7.org/linux/man-pages/man7/unix.7.html
 */
export async function beTheOnlyOne(folder: string): Promise<Server> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = await socketName(folder);
  const server = createServer((socket) => socket.end());
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new KintsugiError('AgentRunning', `an agent already runs on ${folder}`) : error);
    });
    server.listen(name, () => resolve(server));
  });
}

/** True when an agent works on a state folder. */
export async function isOneRunning(folder: string): Promise<boolean> {
  const name = await socketName(folder).catch(() => null);
  if (name === null) return false;
  return new Promise((resolve) => {
    const socket = connect(name, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** By inode: the same path is another folder in another root. */
async function socketName(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `\0kintsugi-agent-${dev}-${ino}`;
}
