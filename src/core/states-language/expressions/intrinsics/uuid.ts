import type { Random } from '../types.ts';

/** A UUID of version 4, drawn from `random`. */
export function uuid(random: Random): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (char) => {
    const nibble = Math.floor(random() * 16);
    return (char === 'y' ? (nibble & 3) | 8 : nibble).toString(16);
  });
}
