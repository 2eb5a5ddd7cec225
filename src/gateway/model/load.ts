import { readFileSync } from 'node:fs';
import type { Model } from './model.ts';

/** Models of this folder: `ssm` and `states` are the services' own, made by generate.py. */
export function loadModel(...names: readonly ('ssm' | 'node' | 'ec2messages' | 'states')[]): Model {
  const models = names.map((name) => {
    const file = new URL(`./${name}.data.json`, import.meta.url);
    return JSON.parse(readFileSync(file, 'utf8')) as Model;
  });
  return {
    operations: Object.assign({}, ...models.map(({ operations }) => operations)),
    shapes: Object.assign({}, ...models.map(({ shapes }) => shapes)),
    errors: Object.assign({}, ...models.map(({ errors }) => errors)),
  };
}
