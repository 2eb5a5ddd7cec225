import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debOf } from '../archive/build.ts';
import type { LabRoot } from '../root.ts';
import type { Variant } from '../variant.ts';

/** A root where 1.0, or what comes before, of these packages is installed and newer versions are offered. */
function offering(about: string, packages: Readonly<Record<string, string>>): Variant {
  const names = Object.keys(packages);
  return {
    about,
    from: 'archive',
    apply: async (root) => {
      await root.must([
        'dpkg',
        '--install',
        ...Object.entries(packages).map(([name, version]) => debOf(name, version)),
      ]);
      return { package: names[0] ?? '' };
    },
  };
}

export const PENDING: Variant = {
  about: 'real security updates of Debian are pending and nothing is broken',
  from: 'debian',
  apply: async () => ({}),
};

export const PLAIN = offering('an update that is no security update (kintsugi-lab-plain)', {
  'kintsugi-lab-plain': '1.0',
});

export const NEW_DEPENDENCY = offering('an update that needs one more package (kintsugi-lab-grows)', {
  'kintsugi-lab-grows': '1.0',
});

export const KEPT_BACK = offering('an update that would remove another package (kintsugi-lab-displaces)', {
  'kintsugi-lab-displaces': '1.0',
  'kintsugi-lab-displaced': '1.0',
});

const NOT_YET = offering('an update that is not phased in for this machine (kintsugi-lab-phased)', {
  'kintsugi-lab-phased': '1.0',
});

export const PHASED: Variant = {
  ...NOT_YET,
  apply: async (root) => {
    // In a chroot apt takes every update whatever its phase, so the machine has to ask for none outright.
    await writeFile(
      join(root.path, 'etc/apt/apt.conf.d/99phasing'),
      'APT::Get::Never-Include-Phased-Updates "true";\n',
    );
    return NOT_YET.apply(root);
  },
};

export const ODD_NAMES = offering('names and versions that are odd but legal: plus signs, epochs, tildes', {
  'libkintsugi-lab++1.0': '1:1.0~beta3-1',
  'kintsugi-lab-epoch': '9.0',
});

export const FAILING_POSTINST = offering('an update whose postinst always fails (kintsugi-lab-fails)', {
  'kintsugi-lab-fails': '1.0',
});

export const REBOOT = offering('an update that asks for a reboot (kintsugi-lab-reboots)', {
  'kintsugi-lab-reboots': '1.0',
});

const SLOW = offering('an update whose postinst takes ten seconds (kintsugi-lab-slow)', { 'kintsugi-lab-slow': '1.0' });

export const SLOW_POSTINST: Variant = {
  ...SLOW,
  apply: async (root) => {
    await setSlowness(root, 10);
    return { ...(await SLOW.apply(root)), ...SLOW_MARKS };
  },
};

/** Paths inside the root that the slow postinst creates when it starts and when it has slept to its end. */
export const SLOW_MARKS = {
  started: '/var/lib/kintsugi-lab/slow-started',
  ended: '/var/lib/kintsugi-lab/slow-ended',
} as const;

/** Sets how many seconds the postinst of kintsugi-lab-slow 2.0 takes, also while it runs: 0 ends it. */
export async function setSlowness(root: LabRoot, seconds: number): Promise<void> {
  await mkdir(join(root.path, 'etc/kintsugi-lab'), { recursive: true });
  await writeFile(join(root.path, 'etc/kintsugi-lab/slow-seconds'), `${seconds}\n`);
}
