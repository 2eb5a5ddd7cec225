import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** True where a program of this name would be found and may be run. */
export function isOnPath(name: string, path = process.env.PATH ?? ''): boolean {
  return path.split(':').some((folder) => {
    if (!folder.startsWith('/')) return false;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}
