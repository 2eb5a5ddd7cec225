import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isOnPath } from '../src/platforms/targets/on-path.ts';

const ASK = 'import os, sys; print(os.path.dirname(sys.executable))';

/**
 * The folder of Python's own programs where `python3` is the script of a version manager such as pyenv; empty elsewhere.
 * Such a script finds the real program anew at each start, which takes half as long as a start of the AWS CLI.
 */
export function foldersBehindShims(path = process.env.PATH ?? ''): string[] {
  const folder = path.split(':').find((one) => isOnPath('python3', one));
  if (folder === undefined || !isScript(join(folder, 'python3'))) return [];
  const { status, stdout } = spawnSync('python3', ['-c', ASK], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  const found = stdout.trim();
  return status === 0 && found.startsWith('/') && found !== dirname(join(folder, 'python3')) ? [found] : [];
}

function isScript(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(2);
    readSync(handle, start);
    return start.toString() === '#!';
  } finally {
    closeSync(handle);
  }
}
