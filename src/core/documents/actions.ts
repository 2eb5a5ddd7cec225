import type { Platform, SsmDocument } from './types.ts';

const UNIX: readonly Platform[] = ['Linux', 'MacOS'];
const WINDOWS: readonly Platform[] = ['Windows'];
const ANY: readonly Platform[] = ['Windows', 'Linux', 'MacOS'];

interface Action {
  readonly platforms: readonly Platform[];
  /** False: a document may hold it, and a command that would run it is refused. */
  readonly runs: boolean;
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html */
const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['aws:runShellScript', { platforms: UNIX, runs: true }],
  ['aws:runPowerShellScript', { platforms: ANY, runs: true }],
  ['aws:softwareInventory', { platforms: ANY, runs: true }],
  ['aws:runDocument', { platforms: ANY, runs: true }],
  ['aws:downloadContent', { platforms: ANY, runs: true }],
  ['aws:applications', { platforms: WINDOWS, runs: false }],
  ['aws:cloudWatch', { platforms: WINDOWS, runs: false }],
  ['aws:configureDocker', { platforms: ANY, runs: false }],
  ['aws:configurePackage', { platforms: ANY, runs: false }],
  ['aws:domainJoin', { platforms: ANY, runs: false }],
  ['aws:psModule', { platforms: WINDOWS, runs: false }],
  ['aws:refreshAssociation', { platforms: ANY, runs: false }],
  ['aws:runDockerAction', { platforms: ANY, runs: false }],
  ['aws:updateAgent', { platforms: WINDOWS, runs: false }],
  ['aws:updateSsmAgent', { platforms: ANY, runs: false }],
]);

export function platformsOf(action: string): readonly Platform[] {
  return ACTIONS.get(action)?.platforms ?? ANY;
}

/** The actions of a document that this server does not run, each once, in order; none: the document can be run. */
export function unsupportedActions(document: SsmDocument): string[] {
  const actions = new Set(document.steps.map(({ action }) => action));
  return [...actions].filter((action) => ACTIONS.get(action)?.runs !== true);
}
