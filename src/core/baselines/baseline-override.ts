import { checkBaseline } from './baseline-value.ts';
import { quoted } from './issue.ts';
import { OPERATING_SYSTEMS, type OperatingSystem, type PatchBaseline } from './types.ts';

export type ParsedOverride =
  | { readonly ok: true; readonly baselines: ReadonlyMap<OperatingSystem, PatchBaseline> }
  | { readonly ok: false; readonly faults: readonly string[] };

const MOST_FAULTS = 20;

/**
 * Reads the file of a BaselineOverride: a JSON list of baselines in the form that GetPatchBaseline answers, one for an
 * operating system, each judged by the rules of CreatePatchBaseline. Never throws.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-baselineoverride-parameter.html
 */
export function parseBaselineOverride(text: string): ParsedOverride {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    return refused([`it is not JSON: ${quoted((error as Error).message)}`]);
  }
  if (!Array.isArray(value)) return refused(['it is not a list of baselines']);
  if (value.length === 0) return refused(['it is an empty list']);
  if (value.length > OPERATING_SYSTEMS.length)
    return refused([`it has ${value.length} baselines, and there are ${OPERATING_SYSTEMS.length} operating systems`]);
  const faults: string[] = [];
  const baselines = new Map<OperatingSystem, PatchBaseline>();
  for (const [index, one] of value.entries()) {
    const where = `baseline ${index + 1}`;
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      faults.push(`${where} is not a map`);
      continue;
    }
    // As everywhere in the API, a baseline that does not say is one of Windows.
    const checked = checkBaseline({ Name: 'BaselineOverride', OperatingSystem: 'WINDOWS', ...one });
    if (!checked.ok) {
      faults.push(...checked.issues.map(({ path, message }) => `${where}, ${path || 'as a whole'}: ${message}`));
      continue;
    }
    const { OperatingSystem: os } = checked.baseline;
    if (baselines.has(os)) faults.push(`${where} is another one for ${os}`);
    baselines.set(os, checked.baseline);
  }
  return faults.length > 0 ? refused(faults.slice(0, MOST_FAULTS)) : { ok: true, baselines };
}

function refused(faults: readonly string[]): ParsedOverride {
  return { ok: false, faults };
}
