import manifest from '../../../package.json' with { type: 'json' };

/** How documents name the program that made them. */
export const TOOL = { name: 'kintsugi', version: manifest.version } as const;
