import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', 'documents');

/** A state, or a machine inside of one, as it is written. */
export interface Written {
  readonly Type?: string;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly Catch?: readonly Written[];
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly ErrorEquals?: readonly string[];
  readonly Choices?: readonly Written[];
  readonly States?: Readonly<Record<string, Written>>;
  readonly Branches?: readonly Written[];
  readonly ItemProcessor?: Written;
}

/** The state machines of this project: names without `.asl.json`. */
export function definitionNames(): string[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.asl.json'));
  return files.map((name) => name.slice(0, -'.asl.json'.length)).sort();
}

export function definitionOf(name: string): string {
  return readFileSync(join(FOLDER, `${name}.asl.json`), 'utf8');
}

export function innerMachines({ Branches = [], ItemProcessor }: Written): readonly Written[] {
  return [...Branches, ...(ItemProcessor === undefined ? [] : [ItemProcessor])];
}

/** All states of a machine, those of branches and iterations too. */
export function allStates({ States = {} }: Written): [string, Written][] {
  return Object.entries(States).flatMap(([name, state]): [string, Written][] => [
    [name, state],
    ...innerMachines(state).flatMap(allStates),
  ]);
}

/** The names of all task states. */
export function taskStates(definition: string): string[] {
  return allStates(JSON.parse(definition) as Written)
    .filter(([, { Type }]) => Type === 'Task')
    .map(([name]) => name);
}

/** The actions that a definition takes, as [service, action] of the Amazon States Language, sorted. */
export function actionsOf(definition: string): [string, string][] {
  const found = allStates(JSON.parse(definition) as Written).flatMap(([, { Resource, Arguments }]) => {
    const named = /:aws-sdk:([a-z0-9]+):(\w+)$/.exec(Resource ?? '');
    if (named !== null) return [`${named[1]} ${named[2]}`];
    if (Resource !== 'arn:aws:states:::kintsugi:aws-sdk') return [];
    const { Service, Action } = Arguments as { Service: string; Action: string };
    return [`${Service} ${Action}`];
  });
  return [...new Set(found)].sort().map((one) => one.split(' ') as [string, string]);
}

/** What an action asks the role for besides its own name: tags, and the role of the machines that it launches. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  runInstances: ['ec2:CreateTags', 'iam:PassRole'],
  createImage: ['ec2:CreateTags'],
  copyImage: ['ec2:CreateTags'],
  startInstanceRefresh: ['ec2:RunInstances', 'iam:PassRole'],
  updateAutoScalingGroup: ['ec2:RunInstances', 'iam:PassRole'],
};

/** The permissions that the role of a definition's executions needs, sorted. */
export function permissionsOf(definition: string): string[] {
  const needed = actionsOf(definition).flatMap(([service, action]) => [
    `${service}:${action.charAt(0).toUpperCase()}${action.slice(1)}`,
    ...(MORE[action] ?? []),
  ]);
  return [...new Set(needed)].sort();
}
