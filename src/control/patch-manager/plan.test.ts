import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_KNOWLEDGE } from '../../core/advisories/knowledge.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';
import { evaluate } from '../../core/compliance/evaluate.ts';
import type { AvailableUpdate, InstalledPackage, Inventory } from '../../core/compliance/inventory.ts';
import { baseline, installed, inventory, NOW, rule, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { type PlanOptions, planPatch } from './plan.ts';
import type { Judged } from './scan.ts';

const everything = baseline({}, [rule({ EnableNonSecurity: true })]);

const pack = (name: string, more: Partial<InstalledPackage> = {}) => installed({ name, version: '1', ...more });
const newer = (one: InstalledPackage, more: Partial<AvailableUpdate> = {}) =>
  updateOf(one, { version: '2', size: 100, ...more });

function judged(of: Partial<Inventory>, by: PatchBaseline = everything): Judged {
  const gathered = inventory(of);
  const evaluation = evaluate(gathered, EMPTY_KNOWLEDGE, by, NOW, { firstSeen: () => null });
  return { inventory: gathered, evaluation, firstSeen: () => null, warnings: [] };
}

/** Answers as plan.sh does: `apt` gets the wanted words and answers lines, or an error that begins with `E: `. */
function target(apt: (wanted: readonly string[]) => string) {
  const asked: string[][] = [];
  const read: ScriptTarget['read'] = async (script) => {
    const value = (name: string) => new RegExp(`^${name}='([^']*)'$`, 'm').exec(script)?.[1] ?? '';
    const wanted = value('WANTED').split('\n');
    asked.push(wanted);
    const section = (name: string, text: string, code: number) =>
      `\n@@${value('NONCE')} ${name}\n${text}\n@@${value('NONCE')} end ${code}\n`;
    const simulate = (name: string, words: readonly string[]) => {
      const said = apt(words);
      return said.startsWith('E: ')
        ? section(name, '', 123) + section(`${name}-errors`, said, 0)
        : section(name, said, 0) + section(`${name}-errors`, '', 0);
    };
    const each = value('EACH') === '1' ? wanted.map((word) => simulate(`one ${word}`, [word])) : [];
    const stdout = `${simulate('all', wanted)}${each.join('')}${section('space', '/\t1000\n', 0)}${section('done', '', 0)}`;
    return { code: 0, signal: null, stdout, stderr: '', timedOut: false, tooLong: false };
  };
  const unused = () => Promise.reject(new Error('a plan changes nothing'));
  const fake: ScriptTarget = {
    access: 'local',
    address: 'web1',
    root: null,
    again: '',
    waitSeconds: 0,
    reboot: null,
    read,
    change: unused,
    launch: unused,
  };
  return { fake, asked };
}

/** Installs what is wanted and no more. */
const willing = (wanted: readonly string[]) =>
  wanted
    .map((word) => /^(.*):(.*)=(.*)$/.exec(word))
    .map((parts) => `Inst ${parts?.[1]} [1] (${parts?.[3]} Debian:12 [${parts?.[2]}])\n`)
    .join('');

async function plan(of: Judged, apt: (wanted: readonly string[]) => string, more: Partial<PlanOptions> = {}) {
  const { fake, asked } = target(apt);
  const found = await planPatch(fake, of, { baseline: everything, full: false, only: [], exclude: new Map(), ...more });
  return {
    ...found,
    asked,
    words: found.installs.map(
      (one) => `${one.step} ${one.name}:${one.architecture} ${one.from}→${one.to}${one.chosen ? '' : ' along'}`,
    ),
    without: found.leftOut.map((one) => `${one.name}:${one.architecture} ${one.reason}`),
  };
}

const [curl, bash, held, waiting] = [pack('curl'), pack('bash'), pack('held'), pack('waiting')];
const usual = {
  packages: [curl, bash, held, waiting],
  updates: [
    newer(curl),
    newer(bash),
    newer(held, { blocked: { reason: 'held', detail: 'Held.' } }),
    newer(waiting, { blocked: { reason: 'phased', detail: 'Not yet.' } }),
  ],
};

test('what is approved and installable is asked for, and what is only approved is left out with its reason', async () => {
  const found = await plan(judged(usual), willing);
  assert.deepEqual(found.asked, [['bash:amd64=2', 'curl:amd64=2']]);
  assert.deepEqual(found.words, ['1 bash:amd64 1→2', '1 curl:amd64 1→2']);
  assert.deepEqual(found.without, ['held:amd64 held']);
  assert.equal(found.downloadBytes, 200);
});

test('where nothing is approved nothing is asked', async () => {
  const found = await plan(judged(usual, baseline()), willing, { baseline: baseline() });
  assert.deepEqual([found.asked, found.installs, found.leftOut, found.answer], [[], [], [], null]);
});

test('what is half configured is for the repair, not for the plan', async () => {
  const one = pack('curl', { status: 'half-configured' });
  assert.deepEqual((await plan(judged({ packages: [one], updates: [newer(one)] }), willing)).asked, []);
});

test('only the packages that were named are planned, by name or with their architecture', async () => {
  const curl32 = pack('curl', { architecture: 'i386' });
  const of = judged({ packages: [curl, curl32, bash], updates: [newer(curl), newer(curl32), newer(bash)] });
  assert.deepEqual((await plan(of, willing, { only: ['curl'] })).words, ['1 curl:amd64 1→2', '1 curl:i386 1→2']);
  assert.deepEqual((await plan(of, willing, { only: ['curl:i386'] })).words, ['1 curl:i386 1→2']);
  await assert.rejects(plan(of, willing, { only: ['crul'] }), { code: 'PackageUnknown' });
});

test('what was named and may not be installed is left out with its reason', async () => {
  const only = ['curl', 'waiting'];
  assert.deepEqual((await plan(judged(usual), willing, { only })).without, ['waiting:amd64 phased']);
  const none = await plan(judged(usual, baseline()), willing, { only, baseline: baseline() });
  assert.deepEqual(none.without, ['curl:amd64 no-rule-matches', 'waiting:amd64 no-rule-matches']);
});

test('what was excluded after fetching is left out for that reason', async () => {
  const why = {
    name: 'curl',
    architecture: 'amd64',
    version: '2',
    reason: 'conffile-blocked' as const,
    detail: '/etc/x',
  };
  const found = await plan(judged(usual), willing, { exclude: new Map([['curl:amd64', why]]) });
  assert.deepEqual(found.words, ['1 bash:amd64 1→2']);
  assert.deepEqual(found.leftOut[0], why);
});

test('a name or version that Debian does not allow never reaches apt', async () => {
  const [odd, option] = [pack('Curl_X'), pack('-o')];
  const of = judged({
    packages: [option, odd, bash],
    updates: [newer(option), newer(odd), newer(bash, { version: '2;id' })],
  });
  const found = await plan(of, willing);
  assert.deepEqual(found.asked, []);
  assert.deepEqual(found.without, ['-o:amd64 refused', 'Curl_X:amd64 refused', 'bash:amd64 refused']);
});

test('a package that changes between all and the native architecture is planned by its new one', async () => {
  const [all, native] = [pack('curl', { architecture: 'all' }), pack('bash')];
  const updates = [newer(all, { architecture: 'amd64' }), newer(native, { architecture: 'all' })];
  const found = await plan(judged({ packages: [all, native], updates }), willing);
  assert.deepEqual(found.asked, [['bash:all=2', 'curl:amd64=2']]);
});

test('what comes along stands in the step of its source, and is not chosen', async () => {
  const [dpkg, meta] = [pack('dpkg'), pack('linux-image-amd64', { source: 'linux-signed-amd64' })];
  const image = newer(pack('linux-image-6.1.0-56-amd64', { source: 'linux-signed-amd64' }), { installedVersion: null });
  const of = judged({ packages: [dpkg, meta], updates: [newer(dpkg), newer(meta), image] });
  const found = await plan(
    of,
    (wanted) =>
      `${willing(wanted)}Inst linux-image-6.1.0-56-amd64 (2 Debian:12 [amd64])\nInst odd (3 Debian:12 [all])\n`,
  );
  assert.deepEqual(found.words, [
    '1 dpkg:amd64 1→2',
    '1 odd:all null→3 along',
    '2 linux-image-6.1.0-56-amd64:amd64 null→2 along',
    '2 linux-image-amd64:amd64 1→2',
  ]);
  assert.equal(found.downloadBytes, 300);
});

test('where the whole is not possible each is asked for alone, and the ones to blame are left out', async () => {
  const apt = (wanted: readonly string[]) =>
    wanted.includes('curl:amd64=2') ? 'E: Packages need to be removed but remove is disabled.\n' : willing(wanted);
  const found = await plan(judged(usual), apt);
  assert.deepEqual(found.asked, [['bash:amd64=2', 'curl:amd64=2'], ['bash:amd64=2', 'curl:amd64=2'], ['bash:amd64=2']]);
  assert.deepEqual(found.words, ['1 bash:amd64 1→2']);
  assert.deepEqual(found.without, ['held:amd64 held', 'curl:amd64 refused']);
  assert.match(found.leftOut[1]?.detail ?? '', /remove is disabled/);
});

test('where all are to blame nothing is planned', async () => {
  const found = await plan(judged(usual), () => 'E: Unable to correct problems\n');
  assert.deepEqual([found.words, found.without], [[], ['held:amd64 held', 'bash:amd64 refused', 'curl:amd64 refused']]);
});

test('updates that are possible alone and not together are refused', async () => {
  const apt = (wanted: readonly string[]) => (wanted.length > 1 ? 'E: Conflict\n' : willing(wanted));
  await assert.rejects(plan(judged(usual), apt), { code: 'PlanRefused', message: /together: E: Conflict/ });
});

const removal = (wanted: readonly string[]) =>
  wanted.includes('curl:amd64=2') ? `${willing(wanted)}Remv bash [1]\n` : willing(wanted);

test('a removal is never planned, unless the plan may remove; then it has its architecture', async () => {
  const found = await plan(judged(usual), removal);
  assert.deepEqual(found.words, ['1 bash:amd64 1→2']);
  assert.equal(found.leftOut[1]?.detail, 'it would remove bash');
  const full = await plan(judged(usual), removal, { full: true, only: ['curl'] });
  assert.deepEqual(full.words, ['1 bash:amd64 1→null along', '1 curl:amd64 1→2']);
  const forAll = { packages: [curl, pack('bash', { architecture: 'all' })], updates: [newer(curl)] };
  assert.deepEqual((await plan(judged(forAll), removal, { full: true })).words[0], '1 bash:all 1→null along');
});

test('what the baseline rejects with BLOCK does not come along, by whatever it is named', async () => {
  const arriving = newer(pack('libbad1'), { installedVersion: null });
  const apt = (wanted: readonly string[]) => `${willing(wanted)}Inst libbad1 (2 Debian:12 [amd64])\n`;
  const of = { packages: [curl], updates: [newer(curl), arriving] };
  const by = (action: 'BLOCK' | 'ALLOW_AS_DEPENDENCY') =>
    baseline({ RejectedPatches: ['libbad*'], RejectedPatchesAction: action }, [rule({ EnableNonSecurity: true })]);
  const blocked = await plan(judged(of, by('BLOCK')), apt, { baseline: by('BLOCK') });
  assert.deepEqual([blocked.words, blocked.without], [[], ['curl:amd64 refused']]);
  assert.equal(blocked.leftOut[0]?.detail, 'it needs libbad1, which the baseline rejects');
  const allowed = await plan(judged(of, by('ALLOW_AS_DEPENDENCY')), apt, { baseline: by('ALLOW_AS_DEPENDENCY') });
  assert.equal(allowed.words.length, 2);
});

test('an advisory that the baseline rejects with BLOCK keeps its packages from coming along', async () => {
  const by = baseline({ RejectedPatches: ['DSA-6015-1'], RejectedPatchesAction: 'BLOCK' }, [
    rule({ EnableNonSecurity: true }),
  ]);
  const advisory = {
    id: 'DSA-6015-1',
    type: 'security' as const,
    title: '',
    issued: null,
    updated: null,
    severity: null,
    cves: [],
    references: [],
    affected: [],
  };
  const knowledge = {
    ...EMPTY_KNOWLEDGE,
    fixedBy: ({ name }: { name: string }) => (name === 'bash' ? [advisory] : []),
  };
  const gathered = inventory({ packages: [curl, bash], updates: [newer(curl), newer(bash)] });
  const evaluation = evaluate(gathered, knowledge, by, NOW, { firstSeen: () => null });
  const of: Judged = { inventory: gathered, evaluation, firstSeen: () => null, warnings: [] };
  const apt = (wanted: readonly string[]) => `${willing(wanted)}Inst bash [1] (2 Debian:12 [amd64])\n`;
  assert.equal(
    (await plan(of, apt, { baseline: by })).leftOut.at(-1)?.detail,
    'it needs bash, which the baseline rejects',
  );
});

test('an answer that cannot be read, or was cut off, is no plan', async () => {
  const odd = await plan(judged(usual), (wanted) => `${willing(wanted)}Remv ?\n`);
  assert.deepEqual(odd.words, []);
  const { fake } = target(willing);
  const cut: ScriptTarget = {
    ...fake,
    read: async (script, run) => ({ ...(await fake.read(script, run)), stdout: 'half', stderr: 'no room\n' }),
  };
  const options = { baseline: everything, full: false, only: [], exclude: new Map() };
  await assert.rejects(planPatch(cut, judged(usual), options), { code: 'ProbeFailed', message: /no room/ });
});
