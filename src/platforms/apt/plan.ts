import type { AvailableUpdate, PackageVersion } from '../../core/compliance/inventory.ts';
import { exactPackage, installOptions } from './commands.ts';
import { type Section, splitSections } from './sections.ts';
import { composeScript } from './shell.ts';

/** What apt would do for a list of exact versions. */
export interface Simulation {
  /** null: apt refuses it; the message says why. */
  readonly actions: readonly PlannedAction[] | null;
  readonly message: string;
}

export interface PlannedAction {
  readonly name: string;
  readonly architecture: string;
  /** null: a new package. */
  readonly from: string | null;
  /** null: a removal. */
  readonly to: string | null;
}

export interface PlanAnswer {
  readonly all: Simulation;
  /** By `NAME:ARCH=VERSION`, when asked for each alone. */
  readonly each: ReadonlyMap<string, Simulation>;
  readonly space: readonly FreeSpace[];
}

export interface FreeSpace {
  readonly mount: string;
  readonly freeKiB: number;
}

export interface PlanRequest {
  readonly nonce: string;
  readonly root: string | null;
  readonly full: boolean;
  readonly wanted: readonly PackageVersion[];
  readonly each: boolean;
}

export function composePlan(request: PlanRequest): string {
  const variables = {
    NONCE: request.nonce,
    ROOT: request.root ?? '',
    OPTIONS: installOptions(request.full).join(' '),
    WANTED: request.wanted.map(exactPackage).join('\n'),
    EACH: request.each ? '1' : '0',
  };
  return composeScript('plan.sh', variables, ['outside.sh', 'cache.sh']);
}

/** null: the script did not come to its end. */
export function parsePlan(output: string, nonce: string): PlanAnswer | null {
  const sections = splitSections(output, nonce);
  if (!sections.has('done')) return null;
  const each = new Map<string, Simulation>();
  for (const name of sections.keys()) {
    const wanted = /^one (\S+)$/.exec(name)?.[1];
    if (wanted !== undefined) each.set(wanted, simulation(sections, name));
  }
  return { all: simulation(sections, 'all'), each, space: parseSpace(sections.get('space')?.text ?? '') };
}

export function parseSpace(text: string): FreeSpace[] {
  return text.split('\n').flatMap((line) => {
    const [mount, free] = line.split('\t');
    return mount && free && /^\d+$/.test(free) ? [{ mount, freeKiB: Number(free) }] : [];
  });
}

function simulation(sections: ReadonlyMap<string, Section>, name: string): Simulation {
  const section = sections.get(name);
  const message = (sections.get(`${name}-errors`)?.text ?? '').trim();
  // xargs answers 123 for any failure of the command that it ran.
  if (section === undefined || section.code !== 0) return { actions: null, message: refusal(message) };
  const { actions, unread } = parseActions(section.text);
  // What cannot be read could be a removal: then there is no plan.
  if (unread.length > 0) {
    return { actions: null, message: `apt's answer cannot be read: ${JSON.stringify(unread[0]?.slice(0, 200))}` };
  }
  return { actions, message: '' };
}

function refusal(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => line.startsWith('E: '));
  return (errors.length > 0 ? errors : lines).join(' ').slice(0, 1000) || 'apt refused it without a word';
}

/*
 * Inst libssl3 [3.0.20-1~deb12u2] (3.0.22-1~deb12u2 Debian-Security:12/oldstable-security [amd64])
 * Inst linux-image-6.1.0-50-amd64 (6.1.170-1 Debian-Security:12/oldstable-security [amd64])
 * Remv oldthing [1.0]
 */
/** `architecture` is empty for a removal that apt names by no architecture: the native one, or `all`. */
export function parseActions(text: string): { actions: PlannedAction[]; unread: string[] } {
  const actions: PlannedAction[] = [];
  const unread: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const install = /^Inst (\S+?)(?::\S+)? (?:\[([^\]\s]+)\] )?\((\S+) .*?\[([a-z0-9-]+)\]\)/.exec(line);
    const removal = /^(?:Remv|Purg) (\S+?)(?::(\S+))? \[([^\]\s]+)\]/.exec(line);
    if (install) {
      const [, name = '', from, to = '', architecture = ''] = install;
      actions.push({ name, architecture, from: from ?? null, to });
    } else if (removal) {
      const [, name = '', architecture = '', from = ''] = removal;
      actions.push({ name, architecture, from, to: null });
    } else unread.push(line);
  }
  return { actions, unread };
}

/** Packages in one step at the most: few enough that a stop comes soon, enough that triggers do not run for each. */
export const STEP_SIZE = 25;

/**
 * The order of the install: dpkg and apt first, as Systems Manager does; then what comes from one source together, in
 * steps of at most STEP_SIZE where sources allow. What one step pulls in from a later one is then done already.
 */
export function inSteps(packages: readonly AvailableUpdate[]): AvailableUpdate[][] {
  const bySource = new Map<string, AvailableUpdate[]>();
  for (const one of packages) bySource.set(one.source, [...(bySource.get(one.source) ?? []), one]);
  const rank = (source: string) => (source === 'dpkg' ? 0 : source === 'apt' || source === 'python-apt' ? 1 : 2);
  const groups = [...bySource].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const steps: AvailableUpdate[][] = [];
  let tools = true;
  for (const [source, group] of groups) {
    const last = steps.at(-1);
    const isTool = rank(source) < 2;
    if (last === undefined || (tools && !isTool) || last.length + group.length > STEP_SIZE) steps.push([...group]);
    else last.push(...group);
    tools = isTool;
  }
  return steps;
}
