import { createHash } from 'node:crypto';
import type { Knowledge } from '../../../core/advisories/types.ts';
import type { PatchResult } from '../../../core/compliance/types.ts';
import { suiteKey } from '../../../images/disk/base.ts';
import { checkRecipe, type DiskRecipe } from '../../../images/disk/recipe.ts';
import { imagesFolder } from '../../../images/store/folders.ts';
import type { Call } from '../../call.ts';
import { openFirstSeen } from '../../patch-manager/first-seen.ts';
import type { ArchiveKnowledge } from '../../repositories/repositories.ts';
import { readBaseline } from '../flow/order.ts';
import { type BakeRequest, baselineText } from '../flow/start-bake.ts';
import { SEVERITIES } from './condition.ts';
import { driftOf } from './drift.ts';
import { goldDigest, knownImage } from './gold.ts';
import { lastFiring, type TriggerRow } from './rows.ts';
import { readSchedule } from './schedule.ts';
import { settledOutcome } from './settled.ts';

export interface TriggerNeeds {
  readonly home: string;
  readonly archives: ArchiveKnowledge;
  readonly knowledge: () => Promise<Knowledge>;
  /** The digest that a suite's base would have now. */
  readonly suiteDigest?: (recipe: DiskRecipe) => Promise<string>;
}

/** What a look at a trigger comes to: a bake for `slot`, or what is to be said of it. */
export type Decision =
  | { readonly fires: true; readonly slot: string; readonly why: string; readonly request: BakeRequest }
  | { readonly fires: false; readonly why: string };

const quiet = (why: string): Decision => ({ fires: false, why });

/** Looks whether it is time. Nothing is changed, and what cannot be told is said so and starts nothing. */
export async function decide(call: Call, row: TriggerRow, needs: TriggerNeeds): Promise<Decision> {
  const { condition } = row;
  const recipe = checkRecipe(row.request.Recipe);
  const request = await onNewestBase(call, row.request, recipe);
  if (condition.Kind === 'schedule') {
    const schedule = readSchedule(condition.Expression, condition.TimeZone);
    if ('fault' in schedule) return quiet(`its schedule is not usable: ${schedule.fault}`);
    const last = await lastFiring(call.db, row.account, row.id);
    const due = schedule.latest(row.createdAt, call.now);
    if (due === null || (last !== null && last >= due)) return quiet('it is not time yet');
    return { fires: true, slot: due.toISOString(), why: `it was due at ${due.toISOString()}`, request };
  }
  const gold = await goldDigest(call, row.family);
  if (gold === null) return quiet('UNKNOWN: there is no gold image of the family to look at');
  const image = await knownImage(imagesFolder(needs.home), row.family, gold);
  // A state that stays is tried again on another day, where the bake that it asked for failed.
  const fire = async (state: unknown, why: string): Promise<Decision> => {
    const key = hash([gold, state]);
    const settled = await settledOutcome(call.db, row, { state: key, gold });
    if (settled !== null)
      return quiet(`${why}; ${settled}. Nothing starts until something else is missing, or gold moves`);
    return { fires: true, slot: `${call.now.toISOString().slice(0, 10)} ${key}`, why, request };
  };
  if (condition.Kind === 'base') {
    const { suiteDigest = async (one) => newestSuite(one) } = needs;
    const now = recipe.base.kind === 'suite' ? await suiteDigest(recipe) : baseOf(request);
    if (now === image.manifest.base.digest) return quiet('its base is the newest');
    return fire(now, `its base is ${now.slice(0, 12)} now`);
  }
  const baseline = readBaseline(row.request.Baseline ?? (await baselineText(call, row.request.BaselineId))).baseline;
  const seen = await openFirstSeen(needs.home, image.ecosystem);
  const knowledge = await needs.knowledge();
  const missing = await driftOf({ image, baseline, knowledge, archives: needs.archives, seen, now: call.now });
  if (missing === null)
    return quiet(`UNKNOWN: the server has no whole and fresh package lists for ${image.manifest.os.product}`);
  const counted = condition.Kind === 'drift' ? missing : missing.filter((one) => isAsBad(one, condition.Severity));
  if (counted.length === 0)
    return quiet(`gold misses no ${condition.Kind === 'drift' ? 'approved update' : 'such update'}`);
  const names = counted.map(({ name, availableVersion }) => `${name} ${availableVersion}`).sort();
  const why = `gold misses ${counted.length} approved updates: ${names.slice(0, 5).join(', ')}`;
  return fire(names, why);
}

function isAsBad({ severity }: PatchResult, least: (typeof SEVERITIES)[number]): boolean {
  const rank = (SEVERITIES as readonly string[]).indexOf(severity?.mapped ?? '');
  return rank >= 0 && rank <= SEVERITIES.indexOf(least);
}

/** An image that begins with another family's begins with its gold one, where there is one. */
async function onNewestBase(call: Call, request: BakeRequest, { base }: DiskRecipe): Promise<BakeRequest> {
  if (base.kind !== 'image') return request;
  const digest = (await goldDigest(call, base.family)) ?? base.digest;
  return { ...request, Recipe: { ...request.Recipe, base: { ...base, digest } } };
}

function baseOf({ Recipe }: BakeRequest): string {
  const { base } = checkRecipe(Recipe);
  return base.kind === 'image' ? base.digest : '';
}

async function newestSuite(recipe: DiskRecipe): Promise<string> {
  return recipe.base.kind === 'suite' ? (await suiteKey(recipe, recipe.base)).digest : '';
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}
