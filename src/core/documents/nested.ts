import { joinPreconditions } from './precondition.ts';
import { readContent } from './read-content.ts';
import type { GivenParameters, ParameterValues, Resolution } from './resolve.ts';
import { renameReferences, substitute } from './substitute.ts';
import { isObject, type Json, type JsonObject, type Precondition, type SsmDocument, type Step } from './types.ts';

/** A document that a step runs, as whoever keeps the documents found it. */
export interface FoundDocument {
  /** Of this version of this document alone: tells when a document runs itself. */
  readonly key: string;
  readonly name: string;
  readonly document: SsmDocument;
  readonly resolve: (given: GivenParameters) => Promise<Resolution>;
}

export interface Nesting {
  readonly find: (name: string, version: string | undefined) => Promise<FoundDocument>;
}

export type Expanded =
  | { readonly ok: true; readonly document: SsmDocument; readonly values: ParameterValues }
  | { readonly ok: false; readonly message: string };

export const RUN_DOCUMENT = 'aws:runDocument';
const MOST_DEPTH = 5;
const MOST_STEPS = 1000;

class Refusal extends Error {}

interface Out {
  readonly raw: JsonObject[];
  readonly steps: Step[];
  readonly values: Map<string, Json>;
  readonly declared: Record<string, Json>;
  /** Names of parameters that the outermost document or any nested one has in the message. */
  readonly taken: Set<string>;
}

/** The name that a parameter of a nested document has in the message; null: it is none of it. */
type Rename = (name: string) => string | null;

/** What a step that runs a document hands on to the steps of it. */
interface Outer {
  readonly prefix: string;
  readonly chain: readonly string[];
  readonly precondition: Precondition | null;
  readonly isFinally: boolean;
  readonly onFailure: Step['onFailure'];
  /** Nothing but final steps comes after it, at any level: ending its document ends no other steps. */
  readonly isLast: boolean;
  /** Nothing that could end the run comes before it. */
  readonly isFirst: boolean;
}

/**
 * The document of a run with the documents that its steps run (`aws:runDocument`) in their place, so that an agent needs
 * no more than their own steps: each is called `outer.inner`, its parameters come under names of their own, since
 * agents know letters and digits alone there, and its precondition is judged together with the outer one. What one
 * list of steps cannot say is refused: a nested step that ends its document while the outer one would go on, a
 * document that runs itself, and more than five levels. Throws what `find` throws.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-rundocument
 */
export async function expandNested(top: FoundDocument, values: ParameterValues, nesting: Nesting): Promise<Expanded> {
  const { document } = top;
  if (!document.steps.some(({ action }) => action === RUN_DOCUMENT)) return { ok: true, document, values };
  if (document.schemaVersion === '1.2')
    return { ok: false, message: `${RUN_DOCUMENT} is not known to documents of schema version 1.2.` };
  const { parameters } = document.content;
  const out: Out = {
    raw: [],
    steps: [],
    values: new Map(values),
    declared: { ...(isObject(parameters) ? parameters : {}) },
    taken: new Set(document.parameters.map(({ name }) => name)),
  };
  try {
    await place(top, values, null, out, nesting);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message };
    throw error;
  }
  const content = { ...document.content, schemaVersion: '2.2', parameters: out.declared, mainSteps: out.raw };
  return { ok: true, document: { ...document, schemaVersion: '2.2', steps: out.steps, content }, values: out.values };
}

/** Puts the steps of a document into the list; `outer` is null for the outermost. */
async function place(
  { document, key, name }: FoundDocument,
  values: ParameterValues,
  outer: Outer | null,
  out: Out,
  nesting: Nesting,
): Promise<void> {
  if (document.schemaVersion === '1.2') throw new Refusal(`Document ${name} of schema version 1.2 cannot be nested.`);
  const outside = new Set(out.taken);
  const names = outer === null ? null : declare(document, values, out);
  // What a document does not declare is plain text in it, and must not become a value of another document.
  const rename = (one: string) => {
    const own = names?.get(one) ?? null;
    if (own === null && outside.has(one))
      throw new Refusal(
        `Document ${name} names {{ ${one} }}, which is a parameter of the document that runs it alone.`,
      );
    return own;
  };
  const written = document.content.mainSteps as readonly JsonObject[];
  const lastUsual = document.steps.findLastIndex(({ isFinally }) => !isFinally);
  for (const [index, step] of document.steps.entries()) {
    if (outer !== null) checkFlow(step, outer, name);
    if (step.action === RUN_DOCUMENT) {
      const isLast = (outer?.isLast ?? true) && (step.isFinally || index >= lastUsual);
      await placeNested(
        step,
        values,
        handedOn(step, outer, { key, isLast, isFirst: index === 0 }, values),
        out,
        nesting,
      );
      continue;
    }
    const raw = written[index] ?? {};
    out.raw.push(outer === null ? raw : carried(raw, step, outer, rename, values));
    out.steps.push(outer === null ? step : carriedStep(step, outer, rename, values));
    if (out.raw.length > MOST_STEPS) throw new Refusal(`The documents have more than ${MOST_STEPS} steps together.`);
  }
}

function handedOn(
  step: Step,
  outer: Outer | null,
  here: { key: string; isLast: boolean; isFirst: boolean },
  values: ParameterValues,
): Outer {
  const prefix = `${outer?.prefix ?? ''}${step.name}.`;
  if ((step.onSuccess === 'exit' || step.isEnd) && !here.isLast)
    throw new Refusal(
      `Step "${step.name}" ends the run after another document, which is possible for the last step only.`,
    );
  return {
    prefix,
    chain: [...(outer?.chain ?? []), here.key],
    precondition: joinPreconditions(outer?.precondition ?? null, step.precondition, values),
    isFinally: step.isFinally || outer?.isFinally === true,
    onFailure: step.onFailure ?? outer?.onFailure ?? null,
    isLast: here.isLast,
    isFirst: here.isFirst && (outer?.isFirst ?? true),
  };
}

async function placeNested(step: Step, values: ParameterValues, outer: Outer, out: Out, nesting: Nesting) {
  const where = `Step "${outer.prefix.slice(0, -1)}"`;
  const type = substitute(step.inputs.documentType ?? 'SSMDocument', values);
  if (type !== 'SSMDocument')
    throw new Refusal(`${where} runs a document of type ${JSON.stringify(type)}; this server knows SSMDocument alone.`);
  const path = substitute(step.inputs.documentPath ?? null, values);
  if (typeof path !== 'string' || path === '') throw new Refusal(`${where} has no documentPath.`);
  if (outer.chain.length >= MOST_DEPTH) throw new Refusal(`${where} is nested more than ${MOST_DEPTH} levels deep.`);
  const [, name = path, version] = /^(.*):(\d+|\$LATEST|\$DEFAULT)$/.exec(path) ?? [];
  const found = await nesting.find(name, version);
  if (outer.chain.includes(found.key)) throw new Refusal(`${where} runs document ${found.name}, which runs itself.`);
  const resolution = await found.resolve(givenBy(step, values, where));
  if (!resolution.ok) throw new Refusal(`${where}: ${resolution.message}`);
  await place(found, resolution.values, outer, out, nesting);
}

/** The documentParameters of a step, a map or its JSON, as a command would give them. */
function givenBy(step: Step, values: ParameterValues, where: string): GivenParameters {
  let written = substitute(step.inputs.documentParameters ?? {}, values);
  if (typeof written === 'string' && written.trim() !== '') {
    const read = readContent(written, 'JSON');
    written = read.ok ? read.value : null;
  }
  if (written === '') written = {};
  if (!isObject(written)) throw new Refusal(`${where} has documentParameters that are no map.`);
  const text = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, Array.isArray(value) ? value.map(text) : [text(value)]]),
  );
}

/** Declares a nested document's parameters in the message, each under a name of letters and digits that is free. */
function declare(document: SsmDocument, values: ParameterValues, out: Out): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name, type } of document.parameters) {
    let own = '';
    for (let number = out.taken.size; own === '' || out.taken.has(own); number += 1) own = `nested${number}`;
    out.taken.add(own);
    names.set(name, own);
    out.declared[own] = { type };
    out.values.set(own, values.get(name) ?? null);
  }
  return names;
}

function checkFlow(step: Step, outer: Outer, name: string): void {
  const ends = step.onSuccess === 'exit' || step.isEnd || step.onFailure !== null;
  const same = step.onFailure === outer.onFailure && step.onSuccess === null && !step.isEnd;
  if (ends && !same && !outer.isLast)
    throw new Refusal(
      `Step "${step.name}" of document ${name} may end its document, and the document that runs it would go on: run it in the last step.`,
    );
  if (step.isFinally && !outer.isFinally && !outer.isFirst)
    throw new Refusal(
      `Step "${step.name}" of document ${name} runs whatever happens, even where its document was not begun: run it in the first step, or in a final one.`,
    );
  if (`${outer.prefix}${step.name}`.length > 128)
    throw new Refusal(`The name ${outer.prefix}${step.name} is too long.`);
}

function carriedInputs(step: Step, inputs: JsonObject, outer: Outer): JsonObject {
  return {
    ...inputs,
    ...(step.onFailure === null && outer.onFailure !== null && { onFailure: outer.onFailure }),
    ...(outer.isFinally && { finallyStep: true }),
  };
}

function carried(raw: JsonObject, step: Step, outer: Outer, rename: Rename, values: ParameterValues): JsonObject {
  const { precondition: _, inputs: __, ...rest } = raw;
  const renamed = renameReferences(rest, rename) as JsonObject;
  const joined = joinPreconditions(outer.precondition, step.precondition, values);
  return {
    ...renamed,
    name: `${outer.prefix}${step.name}`,
    inputs: carriedInputs(step, renameReferences(step.inputs, rename) as JsonObject, outer),
    ...(joined !== null && { precondition: { StringEquals: [...joined.stringEquals] } }),
  };
}

function carriedStep(step: Step, outer: Outer, rename: Rename, values: ParameterValues): Step {
  return {
    ...step,
    name: `${outer.prefix}${step.name}`,
    precondition: joinPreconditions(outer.precondition, step.precondition, values),
    timeoutSeconds: renameReferences(step.timeoutSeconds, rename),
    isFinally: step.isFinally || outer.isFinally,
  };
}
