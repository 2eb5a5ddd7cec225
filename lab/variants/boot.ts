import { join } from 'node:path';
import { debOf } from '../archive/build.ts';
import { must, run } from '../command.ts';
import type { Variant } from '../variant.ts';

export const FULL_BOOT: Variant = {
  about: '/boot is a filesystem of its own and full, and an update brings a kernel (linux-image-kintsugi-lab)',
  from: 'archive',
  apply: async (root) => {
    const boot = join(root.path, 'boot');
    await must(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=755', 'kintsugi-lab-boot', boot]);
    const names = ['linux-image-6.1.0-1-kintsugi-lab', 'linux-image-kintsugi-lab'];
    await root.must(['dpkg', '--install', ...names.map((name) => debOf(name, '6.1.1'))]);
    // Writes until nothing is left; dd then ends with "no space left", which is what we want.
    await run(['dd', 'if=/dev/zero', `of=${boot}/initrd.img-6.1.0-1-kintsugi-lab`, 'bs=4k']);
    return { package: 'linux-image-kintsugi-lab', kernel: 'linux-image-6.1.0-2-kintsugi-lab', mount: '/boot' };
  },
};
