/**
 * In front of a program that starts others and mounts: all of it lives in mount and process namespaces of its own,
 * which vanish with it. Killed at a time limit, or with us, it leaves nothing running and nothing mounted.
 */
export const CONTAINED: readonly string[] = [
  '/usr/bin/unshare',
  '--mount',
  '--propagation',
  'private',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];
