import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf, taskStates } from './definition-states.ts';
import type { Ec2Account } from './ec2-account.ts';
import { emulatedAws, SKIP_WITHOUT_MOTO as skip } from './emulated-aws.ts';
import { BASE_IMAGE } from './moto.ts';
import { byAws, type Ended, playWithAws, REGION } from './play-with-aws.ts';
import { texts } from './query-call.ts';
import { DEAR_TASK_FAULTS, type Fault, isEndless, withFaults } from './task-faults.ts';

const DEFINITION = definitionOf('copy-ec2-image');
const REGIONS = ['eu-central-1', 'us-east-1'];
const SHARE_FAILS: Fault = { state: 'Share the copy', fault: 'errors without end' };
const CLEANING = new Set([
  'What is left of the copy?',
  'Deregister the copy',
  'What is left of its snapshots?',
  'Delete the snapshot',
]);
const aws = emulatedAws();
let copies = 0;

async function makeImage(account: Ec2Account): Promise<string> {
  const run = { Action: 'RunInstances', ImageId: BASE_IMAGE, MinCount: '1', MaxCount: '1' };
  const instance = texts(await account.ask('ec2', run), 'instanceId')[0] ?? '';
  copies += 1;
  const create = {
    Action: 'CreateImage',
    InstanceId: instance,
    Name: `gold-${copies}`,
    'TagSpecification.1.ResourceType': 'image',
    'TagSpecification.1.Tag.1.Key': 'Team',
    'TagSpecification.1.Tag.1.Value': 'edge',
  };
  return texts(await account.ask('ec2', create), 'imageId')[0] ?? '';
}

async function there(): Promise<string[]> {
  const lists = await Promise.all(
    REGIONS.map((region) => aws().accountIn(region)).flatMap((account) => [account.images(), account.snapshots()]),
  );
  return lists.flat();
}

/** What a copy ended with, and the images and snapshots that it added. */
async function copy(faults: readonly Fault[], more = {}): Promise<{ ended: Ended; added: string[] }> {
  const { account, front } = aws();
  const ImageId = await makeImage(account);
  // The emulator has snapshots of its own in every region.
  const earlier = await there();
  const input = { ImageId, Region: REGION, Regions: REGIONS, ShareWith: ['111122223333'], MostLooks: 4, ...more };
  const answer = withFaults(byAws(front.url), faults);
  const ended = await playWithAws(DEFINITION, { name: `copy-${copies}`, input, answer });
  return { ended, added: (await there()).filter((id) => !earlier.includes(id)) };
}

test('an image is copied to every region with its tags, and shared', { skip }, async () => {
  const { ended, added } = await copy([]);
  assert.equal(ended.status, 'SUCCEEDED', ended.cause ?? '');
  const { Copies } = ended.output as { Copies: { Region: string; ImageId: string }[] };
  assert.deepEqual(
    Copies.map(({ Region }) => Region),
    REGIONS,
  );
  assert.equal(added.length, 4);
  for (const { Region, ImageId } of Copies) {
    const account = aws().accountIn(Region);
    const image = await account.ask('ec2', { Action: 'DescribeImages', 'ImageId.1': ImageId });
    assert.ok(texts(image, 'value').includes('edge'), image);
    const about = { Action: 'DescribeImageAttribute', Attribute: 'launchPermission', ImageId };
    assert.deepEqual(texts(await account.ask('ec2', about), 'userId'), ['111122223333']);
  }
});

test('one region is a list as well, and nonsense is refused before anything is made', { skip }, async () => {
  const one = await copy([], { Regions: 'us-east-1', ShareWith: [] });
  assert.equal((one.ended.output as { Copies: unknown[] }).Copies.length, 1, one.ended.cause ?? '');
  for (const Regions of [[], [REGION], ['us-east-1; x'], [7]]) {
    const { ended, added } = await copy([], { Regions });
    assert.equal(ended.error, 'Kintsugi.BadInput');
    assert.deepEqual(added, []);
  }
});

test('whatever fails, all regions have a copy or none has', { skip }, async () => {
  for (const state of taskStates(DEFINITION)) {
    for (const fault of DEAR_TASK_FAULTS) {
      const one = { state, fault };
      const { ended, added } = await copy(CLEANING.has(state) ? [one, SHARE_FAILS] : [one]);
      const because = `${fault} at '${state}': ${ended.status} ${ended.error} ${ended.cause}`;
      assert.ok(ended.attempts.has(state), because);
      if (CLEANING.has(state) && isEndless(one)) assert.match(ended.cause ?? '', /Delete them by hand/, because);
      else assert.equal(added.length, ended.status === 'SUCCEEDED' ? 4 : 0, because);
    }
  }
});
