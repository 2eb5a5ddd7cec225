import type { LabRoot } from './root.ts';

/** A kind of root to test on, healthy or broken as it happens in life. */
export interface Variant {
  /** What is special about it, for `npm run lab -- roots`. */
  readonly about: string;
  /** Does it to a fresh root by the tools that do it in life; answers what a test has to know. */
  readonly apply: (root: LabRoot) => Promise<Record<string, string>>;
}

export const VARIANTS = {
  pending: { about: 'real security updates of Debian are pending, nothing is broken', apply: async () => ({}) },
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof VARIANTS;
