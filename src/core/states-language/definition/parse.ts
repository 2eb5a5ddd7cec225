import type { Json } from '../json.ts';
import { MOST_SECONDS } from './quotas.ts';
import type { JsonObject, Machine, Program, QueryLanguage, StateNode, StateType } from './types.ts';

/** The program of a definition that `validate` found no error in. */
export function parseDefinition(text: string): Program {
  const root = JSON.parse(text) as JsonObject;
  const { TimeoutSeconds } = root;
  const machines: Machine[] = [];
  addMachine(root, languageOf(root, 'JSONPath'), machines);
  return {
    machines,
    timeoutSeconds: typeof TimeoutSeconds === 'number' ? Math.min(TimeoutSeconds, MOST_SECONDS) : null,
  };
}

function addMachine(object: JsonObject, language: QueryLanguage, machines: Machine[]): number {
  const index = machines.length;
  const states = new Map<string, StateNode>();
  machines.push({ startAt: object.StartAt as string, states });
  for (const [name, value] of Object.entries(object.States as JsonObject)) {
    const fields = value as JsonObject;
    const inner = innerMachines(fields).map((one) => addMachine(one, language, machines));
    states.set(name, { name, type: fields.Type as StateType, language: languageOf(fields, language), fields, inner });
  }
  return index;
}

/** The text of one machine of a definition, as it is written: a branch, an item processor. */
export function machineText(definition: string, machine: number): string {
  const found: JsonObject[] = [];
  const walk = (object: JsonObject): void => {
    found.push(object);
    for (const state of Object.values(object.States as JsonObject)) innerMachines(state as JsonObject).forEach(walk);
  };
  walk(JSON.parse(definition) as JsonObject);
  return JSON.stringify(found[machine]);
}

/** A state that names no language has that of the state machine, not that of the Parallel or Map around it. */
function languageOf(fields: JsonObject, otherwise: QueryLanguage): QueryLanguage {
  const named = fields.QueryLanguage;
  return named === 'JSONata' || named === 'JSONPath' ? named : otherwise;
}

function innerMachines(fields: JsonObject): JsonObject[] {
  if (fields.Type === 'Parallel') return fields.Branches as unknown as JsonObject[];
  if (fields.Type === 'Map') return [processorOf(fields)];
  return [];
}

/** The item processor of a Map; `Iterator` is its name of old. */
export function processorOf(fields: JsonObject): JsonObject {
  return (fields.ItemProcessor ?? fields.Iterator) as JsonObject;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
