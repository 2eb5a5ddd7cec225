import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Argument, Command, Option } from 'commander';
import { bashCompletion } from './bash.ts';
import { commandTree } from './command-tree.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const folder = mkdtempSync(join(tmpdir(), 'kintsugi-completion-'));
mkdirSync(join(folder, 'my root'));
writeFileSync(join(folder, 'my baseline.yaml'), '');
after(() => rmSync(folder, { recursive: true }));

const HOSTILE = "$(touch pwned) `touch pwned` '; touch pwned; ' \"[x]: \\ %s\n(y)";

function program(): Command {
  const root = new Command('kintsugi').version('1');
  const scan = new Command('scan').description(HOSTILE);
  scan
    .option('--root <dir>', HOSTILE)
    .option('--baseline <file|name>')
    .option('--only <name...>')
    .option('-y, --yes')
    .addOption(new Option('--format <name>').choices(['table', 'json', 'junit']))
    .addOption(new Option('--mood <word>').choices([HOSTILE, 'calm']))
    .addOption(new Option('--secret').hideHelp());
  const baseline = new Command('baseline');
  baseline.addCommand(new Command('show').argument('<file|name>'));
  baseline.addCommand(new Command('validate').argument('<file...>'));
  const vercmp = new Command('vercmp').addArgument(new Argument('<scheme>').choices(['dpkg', 'rpm']));
  for (const command of [scan, baseline, vercmp]) root.addCommand(command);
  root.addCommand(new Command('internal'), { hidden: true });
  return root;
}

const TREE = commandTree(program(), ['AWS-DebianDefaultPatchBaseline', 'AWS-UbuntuDefaultPatchBaseline']);

/** What bash offers for the last of `words`, in a folder with `my root/` and `my baseline.yaml`. */
function offered(...words: string[]): string[] {
  const script = `${bashCompletion('kintsugi', TREE)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kintsugi; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', 'kintsugi', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => line !== '');
}

for (const [words, expected] of [
  [[''], ['scan', 'baseline', 'vercmp', 'help']],
  [['s'], ['scan']],
  [
    ['baseline', ''],
    ['show', 'validate', 'help'],
  ],
  [
    ['scan', '--'],
    ['--root', '--baseline', '--only', '--yes', '--format', '--mood', '--help'],
  ],
  [
    ['scan', '--format', ''],
    ['table', 'json', 'junit'],
  ],
  [
    ['scan', '--format', 'j'],
    ['json', 'junit'],
  ],
  [['scan', '--format', '=', 'ta'], ['table']],
  [
    ['scan', '--format', '='],
    ['table', 'json', 'junit'],
  ],
  [['scan', '--format', 'json', '--root', 'my'], ['my root']],
  [['scan', '--baseline', 'AWS-U'], ['AWS-UbuntuDefaultPatchBaseline']],
  [
    ['scan', '--baseline', 'my'],
    ['my root', 'my baseline.yaml'],
  ],
  [
    ['baseline', 'validate', 'my'],
    ['my root', 'my baseline.yaml'],
  ],
  [
    ['baseline', 'validate', 'one.yaml', 'two.yaml', 'my'],
    ['my root', 'my baseline.yaml'],
  ],
  [
    ['vercmp', ''],
    ['dpkg', 'rpm'],
  ],
  [['vercmp', 'dpkg', ''], []],
  [['scan', '--only', 'curl', 'nginx', '--fo'], ['--format']],
  [['scan', '-y', '--fo'], ['--format']],
  [['scan', '--mood', 'c'], ['calm']],
  [['scan', ''], []],
] as const) {
  test(`bash offers ${expected.join(', ') || 'nothing'} for: kintsugi ${words.join(' ')}`, () => {
    assert.deepEqual(offered(...words).sort(), [...expected].sort());
  });
}

test('a word that a shell would act on is offered quoted, and nothing of the script is run', () => {
  const [first = ''] = offered('scan', '--mood', '$');
  const { stdout } = spawnSync('bash', ['-c', `printf %s ${first}`], { cwd: folder, encoding: 'utf8' });
  assert.equal(stdout, HOSTILE);
  assert.deepEqual(offered('scan', '--root', 'pwned'), []);
});

test('what the commands hide is not offered', () => {
  for (const script of [bashCompletion, zshCompletion, fishCompletion]) {
    assert.doesNotMatch(script('kintsugi', TREE), /secret|internal/);
  }
});

for (const [shell, script] of [
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
] as const) {
  test(`${shell} reads its script without a complaint`, (t) => {
    if (spawnSync(shell, ['-c', 'true']).error) return t.skip(`${shell} is not there`);
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, script('kintsugi', TREE));
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  });
}

test('fish offers commands, options and the words of a choice', (t) => {
  if (spawnSync('fish', ['-c', 'true']).error) return t.skip('fish is not there');
  const file = join(folder, 'script.fish');
  writeFileSync(file, fishCompletion('kintsugi', TREE));
  const complete = (line: string) => {
    const program = 'source $argv[1]; complete --do-complete $argv[2]';
    const { stdout } = spawnSync('fish', ['--no-config', '-c', program, file, line], { cwd: folder, encoding: 'utf8' });
    return stdout
      .split('\n')
      .map((entry) => entry.split('\t')[0])
      .filter((entry) => entry !== '');
  };
  assert.deepEqual(complete('kintsugi s'), ['scan']);
  assert.deepEqual(complete('kintsugi baseline '), ['help', 'show', 'validate']);
  assert.deepEqual(complete('kintsugi scan --format '), ['json', 'junit', 'table']);
  assert.deepEqual(complete('kintsugi scan --fo'), ['--format']);
  assert.deepEqual(complete('kintsugi scan --root my'), ['my root/']);
  assert.deepEqual(complete('kintsugi baseline validate my'), ['my baseline.yaml', 'my root/']);
});

test('the program itself prints a script that knows its own commands', () => {
  const main = new URL('../main.ts', import.meta.url).pathname;
  const { stdout, status } = spawnSync(process.execPath, [main, 'completion', 'bash'], { encoding: 'utf8' });
  assert.equal(status, 0);
  for (const word of ["'scan'", "'--format'", "'cyclonedx'", "'AWS-DebianDefaultPatchBaseline'", "'completion'"]) {
    assert.ok(stdout.includes(word), word);
  }
});

test('a shell that is not known is bad usage', () => {
  const main = new URL('../main.ts', import.meta.url).pathname;
  const { stderr, status } = spawnSync(process.execPath, [main, 'completion', 'tcsh'], { encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /Allowed choices are bash, zsh, fish/);
});
