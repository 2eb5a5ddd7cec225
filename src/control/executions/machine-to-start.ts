import type { Call } from '../call.ts';
import { readStateMachineArn, stateMachineArn } from '../state-machines/arns.ts';
import { keptDefinition } from '../state-machines/definitions.ts';
import {
  type AliasRow,
  doesNotExist,
  findAlias,
  findStateMachine,
  findVersion,
  type StateMachineRow,
  type VersionRow,
} from '../state-machines/find.ts';
import type { StateMachineToStart } from './start.ts';

type Place = Pick<Call, 'db' | 'account' | 'region'>;

/**
 * The definition that an ARN stands for now: the state machine's own, a version's, or that of a version which an alias
 * routes to, chosen by weight. Throws InvalidArn and StateMachineDoesNotExist.
 */
export async function machineToStart(place: Place, arn: string, random: () => number): Promise<StateMachineToStart> {
  const { db, account } = place;
  const reference = readStateMachineArn(place, arn);
  const { name, qualifier } = reference;
  if (qualifier === null) return toStart(place, await findStateMachine(db, account, name), arn, {});
  const version = await findVersion(db, account, reference);
  if (version !== null) return toStart(place, version, arn, { versionArn: arn });
  const alias = await findAlias(db, account, reference);
  if (alias === null) throw doesNotExist(arn);
  const number = routed(alias, random);
  const versionArn = stateMachineArn(place, name, number);
  const chosen = await findVersion(db, account, { name, qualifier: String(number) });
  return toStart(place, chosen, arn, { versionArn, aliasArn: arn });
}

async function toStart(
  place: Place,
  row: StateMachineRow | VersionRow | null,
  asked: string,
  more: Pick<StateMachineToStart, 'versionArn' | 'aliasArn'>,
): Promise<StateMachineToStart> {
  if (row === null) throw doesNotExist(asked);
  const { name, roleArn, definitionHash } = row;
  const definition = await keptDefinition(place.db, place.account, definitionHash);
  // A version's type is its state machine's: it never changes.
  const type = 'type' in row ? row.type : (await findStateMachine(place.db, place.account, name))?.type;
  if (type === undefined) throw doesNotExist(asked);
  return { arn: stateMachineArn(place, name), name, roleArn, definition, type, ...more };
}

function routed({ routing }: AliasRow, random: () => number): number {
  let left = random() * 100;
  for (const { version, weight } of routing) {
    left -= weight;
    if (left < 0) return version;
  }
  return routing.at(-1)?.version ?? 0;
}
