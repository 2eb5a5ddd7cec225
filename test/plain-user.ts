import { join } from 'node:path';
import { type Outcome, run } from '../lab/command.ts';

const PROJECT = join(import.meta.dirname, '..');
const NOBODY = '65534';

/** Where a root given to `asPlainUser` stands for the command. */
export const ROOT_OF_PLAIN_USER = '/mnt/root';

/*
 * The project and the root may lie where a plain user has no way, so both are bound below /mnt in a mount namespace that
 * goes with the command.
 */
const SCRIPT = `
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 plain-user /mnt
mkdir /mnt/kintsugi /mnt/root /mnt/home
for part in bin src documents node_modules; do
  mkdir "/mnt/kintsugi/$part"
  mount --bind "$1/$part" "/mnt/kintsugi/$part"
done
cp "$1/package.json" /mnt/kintsugi/package.json
if [ -n "$2" ]; then mount --bind "$2" /mnt/root; fi
chown ${NOBODY} /mnt/home
shift 2
exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups --no-new-privs /mnt/kintsugi/bin/kintsugi "$@"
`;

/** Runs the command line as `nobody`, with a root (or none) at `ROOT_OF_PLAIN_USER`. Needs root. */
export function asPlainUser(args: readonly string[], root = ''): Promise<Outcome> {
  return run(plainUserArgv(args, root), { env: { KINTSUGI_HOME: '/mnt/home' } });
}

/** The same as a command to start; its process becomes that of the command line. It wants KINTSUGI_HOME=/mnt/home. */
export function plainUserArgv(args: readonly string[], root = ''): string[] {
  return ['unshare', '--mount', 'sh', '-c', SCRIPT, 'sh', PROJECT, root, ...args];
}
