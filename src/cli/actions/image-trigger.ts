import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { askServer } from '../client/ask-server.ts';
import { serverProfile } from '../client/profile.ts';
import { readTriggers } from '../client/trigger-answer.ts';
import type { TriggerOptions } from '../commands/image-options.ts';
import { triggerListText } from '../formats/trigger-text.ts';
import { paint } from '../style.ts';
import { requestOf } from './image-publish.ts';

export async function runTriggerAdd(family: string, options: TriggerOptions): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const Condition = conditionOf(options);
  const Bake = await requestOf({ ...options, family });
  const made = await askServer(profile, 'CreateImageTrigger', { Condition, Bake });
  if (options.json) process.stdout.write(asciiJson(made, false));
  else {
    const id = visible(String(made.TriggerId));
    process.stdout.write(`The trigger ${id} is there. \`kintsugi image trigger list\` tells what it comes to.\n`);
  }
}

function conditionOf({ schedule, timeZone, drift, advisory, baseMoved }: TriggerOptions): object {
  const given = [
    schedule !== undefined && { Kind: 'schedule', Expression: schedule, ...(timeZone && { TimeZone: timeZone }) },
    drift && { Kind: 'drift' },
    advisory !== undefined && { Kind: 'advisory', Severity: advisory },
    baseMoved && { Kind: 'base' },
  ].filter((one) => typeof one === 'object');
  const [condition] = given;
  if (condition === undefined || given.length > 1)
    throw new KintsugiError('Usage', 'Give one of --schedule, --drift, --advisory and --base-moved.');
  if (timeZone !== undefined && schedule === undefined)
    throw new KintsugiError('Usage', '--time-zone goes with --schedule.');
  return condition;
}

export async function runTriggerList(json: boolean): Promise<void> {
  const { Triggers } = readTriggers(
    await askServer(serverProfile(kintsugiHome(), process.env), 'DescribeImageTriggers', {}),
  );
  process.stdout.write(
    json ? asciiJson(Triggers, false) : triggerListText(Triggers, new Date(), paint(process.stdout)),
  );
}

export async function runTriggerRemove(id: string): Promise<void> {
  await askServer(serverProfile(kintsugiHome(), process.env), 'DeleteImageTrigger', { TriggerId: id });
  process.stdout.write(`The trigger ${visible(id)} is removed.\n`);
}
