import { compilePattern } from './pattern.ts';
import { hasReference } from './references.ts';
import {
  accepted,
  isObject,
  type Json,
  type JsonObject,
  type Outcome,
  PARAMETER_TYPES,
  type ParameterDefinition,
  refused,
} from './types.ts';
import { valueFault } from './value.ts';

const MAX_PARAMETERS = 200;
/** What `{{ name }}` can name in the agent. */
const NAME = /^[A-Za-z0-9_\-.]{1,128}$/;
const COUNTS = ['minItems', 'maxItems', 'minChars', 'maxChars'] as const;

/** The `parameters` of a document in the order in which they are written. */
export function readParameters(written: Json | undefined): Outcome<ParameterDefinition[]> {
  if (written === undefined || written === null) return accepted([]);
  if (!isObject(written)) return refused('The parameters are not a map of names to definitions.');
  const entries = Object.entries(written);
  if (entries.length > MAX_PARAMETERS) return refused(`A document has at most ${MAX_PARAMETERS} parameters.`);
  const definitions: ParameterDefinition[] = [];
  for (const [name, value] of entries) {
    if (!NAME.test(name)) return refused(`Parameter name ${JSON.stringify(name.slice(0, 128))} is not valid.`);
    const definition = readDefinition(name, value);
    if (!definition.ok) return definition;
    definitions.push(definition.value);
  }
  return accepted(definitions);
}

function readDefinition(name: string, written: Json): Outcome<ParameterDefinition> {
  const fault = (what: string) => refused(`Parameter "${name}" ${what}`);
  if (!isObject(written)) return fault('is not a map with a type.');
  const type = PARAMETER_TYPES.find((known) => known === written.type);
  if (type === undefined) return fault(`needs a type, one of [${PARAMETER_TYPES.join(', ')}].`);
  const { description = null, allowedValues = null, allowedPattern = null } = written;
  if (description !== null && typeof description !== 'string') return fault('has a description that is not a text.');
  if (allowedValues !== null && !Array.isArray(allowedValues)) return fault('has allowedValues that are not a list.');
  if (allowedPattern !== null && typeof allowedPattern !== 'string')
    return fault('has an allowedPattern that is not a text.');
  if (allowedPattern !== null && compilePattern(allowedPattern) === null)
    return fault('has an allowedPattern that is not a regular expression which this server knows.');
  const counts = readCounts(written);
  if (typeof counts === 'string') return fault(counts);
  const defaultValue = written.default ?? null;
  const definition = { name, type, description, defaultValue, allowedValues, allowedPattern, ...counts };
  // Patterns wait for the run: the one who judges them has to be able to stop.
  const wrong = defaultValue === null || hasReference(defaultValue) ? null : valueFault(definition, defaultValue, null);
  return wrong === null ? accepted(definition) : fault(`has a default that is not valid: it ${wrong}.`);
}

type Counts = Pick<ParameterDefinition, (typeof COUNTS)[number]>;

function readCounts(written: JsonObject): Counts | string {
  const counts: Record<(typeof COUNTS)[number], number | null> = {
    minItems: null,
    maxItems: null,
    minChars: null,
    maxChars: null,
  };
  for (const key of COUNTS) {
    const value = written[key];
    if (value === undefined || value === null) continue;
    // Documents write them as texts as well.
    const count = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 0)
      return `has a ${key} that is not a whole number.`;
    counts[key] = count;
  }
  return counts;
}
