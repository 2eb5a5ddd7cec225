import { once } from 'node:events';
import { relative } from 'node:path';
import { FLEET_COMMANDS } from './fleet/commands.ts';
import { cleanAll, makeAt } from './made.ts';
import { requireLab } from './require.ts';
import type { Variant } from './variant.ts';
import { VARIANTS } from './variants.ts';

const USAGE = `Real Debian machines and roots to patch and to break. Needs root and a Debian mirror in the apt sources.

  npm run lab -- up N               start N nodes with Kintsugi's agent, registered with the server that runs here
      --groups dev,qa,prod          patch groups that they take turns in
      --variant pending             what they are made from, one of \`roots\`
      --endpoint URL                another server; its key from the AWS_* variables, else from KINTSUGI_HOME's profile
  npm run lab -- status             show them (--json)
  npm run lab -- off NAME           cut a node's power; \`on NAME\` gives it back
  npm run lab -- down               end them; nothing of them is left
  npm run lab -- roots              list what roots can be made
  npm run lab -- make VARIANT DIR   make one in DIR, to play with
  npm run lab -- clean              remove everything that the lab has made here
`;

const variants: Readonly<Record<string, Variant>> = VARIANTS;

function listRoots(): number {
  const width = Math.max(...Object.keys(variants).map((name) => name.length));
  for (const [name, { about }] of Object.entries(variants)) console.log(`${name.padEnd(width)}  ${about}`);
  return 0;
}

async function make(name: string, folder: string): Promise<number> {
  const variant = Object.hasOwn(variants, name) ? variants[name] : undefined;
  if (variant === undefined) {
    console.error(`lab: no variant '${name}'; there are: ${Object.keys(variants).join(' ')}`);
    return 2;
  }
  if (!(await requireLab({ skip: (why) => console.error(`lab: ${why}`) }))) return 1;
  const root = await makeAt(variant, folder);
  console.log(`${root.path}: ${variant.about}`);
  for (const [fact, value] of Object.entries(root.facts)) console.log(`  ${fact}: ${value}`);
  const near = relative('', root.path);
  console.log(`Try:\n  bin/kintsugi scan --root ${near === '' || near.startsWith('..') ? root.path : near}`);
  if (variant.lives === true) {
    console.log('This one needs a process that lives: it ends with this command. Press Ctrl-C.');
    const wait = setInterval(() => {}, 60_000);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    clearInterval(wait);
  }
  return 0;
}

async function clean(): Promise<number> {
  for (const path of await cleanAll()) console.log(`removed ${path}`);
  return 0;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  const [name, folder, ...rest] = args;
  if (command === 'roots' && args.length === 0) return listRoots();
  if (command === 'make' && name !== undefined && folder !== undefined && rest.length === 0) return make(name, folder);
  if (command === 'clean' && args.length === 0) return clean();
  const known = command === undefined ? undefined : FLEET_COMMANDS[command];
  if (known !== undefined) return known(args);
  (command === undefined || command === '--help' ? console.log : console.error)(USAGE);
  return command === '--help' ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
