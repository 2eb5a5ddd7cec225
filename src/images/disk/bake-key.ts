import { createHash } from 'node:crypto';
import type { PackageVersion } from '../../core/compliance/inventory.ts';
import { BUILDER } from './base.ts';
import type { DiskRecipe } from './recipe.ts';

/** What the baseline says of an available update, without dates: a day that passes changes nothing by itself. */
export interface Decision extends PackageVersion {
  readonly state: string;
}

/** All that decides what comes out of a bake, and how well it was tested. */
export interface BakeInputs {
  readonly recipe: DiskRecipe;
  readonly baseDigest: string;
  /** What will be installed before the hooks: the base's packages with the plan applied. */
  readonly packages: readonly PackageVersion[];
  readonly decisions: readonly Decision[];
  /** Programs of this machine that make the bytes, each with its version. */
  readonly tools: readonly string[];
}

export interface BakeKey {
  /** Of all that decides the bytes: the ids on the disk are drawn from it. */
  readonly content: string;
  /** Of that, the format and the tests: two bakes with the same come to the same, so the second need not be done. */
  readonly bake: string;
}

/** The order of lists does not matter, except that of the hooks, which run one after another. */
export function bakeKey(inputs: BakeInputs): BakeKey {
  const { recipe } = inputs;
  const version = (one: PackageVersion) => `${one.name}:${one.architecture}=${one.version}`;
  const content = sha256({
    builder: BUILDER,
    tools: [...inputs.tools].sort(),
    family: recipe.family,
    base: inputs.baseDigest,
    packages: inputs.packages.map(version).sort(),
    decisions: inputs.decisions.map((one) => `${version(one)} ${one.state}`).sort(),
    hooks: recipe.hooks.map(({ text, network }) => [sha256(text), network]),
  });
  const tests = recipe.boot === 'none' ? null : recipe.checks;
  return { content, bake: sha256({ content, format: recipe.format, boot: recipe.boot, tests }) };
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
