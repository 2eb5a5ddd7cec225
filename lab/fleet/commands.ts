import { parseArgs } from 'node:util';
import { requireLab } from '../require.ts';
import { VARIANTS, type VariantName } from '../variants.ts';
import { fleetDown, fleetStatus, power } from './fleet.ts';
import { fleetUp } from './up.ts';

const MOST_NODES = 50;
const GROUP = /^[\p{L}\p{N} _.:/=+@-]{1,256}$/u;

type Command = (args: readonly string[]) => Promise<number>;

/** `npm run lab -- up | status | on | off | down`; each answers its exit code: 2 for bad usage. */
export const FLEET_COMMANDS: Readonly<Partial<Record<string, Command>>> = {
  up: async (args) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        groups: { type: 'string', default: 'dev,qa,prod' },
        variant: { type: 'string', default: 'pending' },
        endpoint: { type: 'string' },
      },
    });
    const count = Number(positionals[0] ?? 3);
    if (positionals.length > 1 || !Number.isInteger(count) || count < 1 || count > MOST_NODES)
      return usage(`up takes a number of nodes, 1 to ${MOST_NODES}`);
    const groups = values.groups.split(',').map((group) => group.trim());
    if (!groups.every((group) => GROUP.test(group))) return usage(`'${values.groups}' is no list of patch groups`);
    if (!Object.hasOwn(VARIANTS, values.variant)) return usage(`no variant '${values.variant}'; see \`roots\``);
    if (!(await requireLab({ skip: (why) => console.error(`lab: ${why}`) }))) return 1;
    const endpoint = values.endpoint === undefined ? {} : { endpoint: values.endpoint };
    const options = { count, groups, variant: values.variant as VariantName, ...endpoint };
    await fleetUp(options, process.env, (line) => console.log(line));
    console.log(NEXT.replaceAll('GROUP', groups[0] ?? 'dev'));
    return 0;
  },
  status: async (args) => {
    const nodes = await fleetStatus(process.env);
    if (args[0] === '--json') console.log(JSON.stringify(nodes ?? []));
    else if (nodes === null) console.log('No fleet is up.');
    for (const node of args[0] === '--json' ? [] : (nodes ?? [])) {
      const { name, instanceId, patchGroup, address, isOn, ping, root } = node;
      const place = (address ?? 'this machine').padEnd(14);
      console.log(
        `${name.padEnd(8)}${instanceId}  ${place}${isOn ? 'on ' : 'off'}  ${(ping ?? 'server away').padEnd(16)}${patchGroup.padEnd(8)}${root}`,
      );
    }
    return nodes === null ? 1 : 0;
  },
  on: (args) => switched('on', args),
  off: (args) => switched('off', args),
  down: async () => {
    const { nodes, left } = await fleetDown(process.env);
    console.log(nodes.length === 0 ? 'Nothing was up.' : `Down: ${nodes.join(' ')}`);
    if (left !== null) console.log(`Its server still has them: ${left}`);
    return 0;
  },
};

async function switched(to: 'on' | 'off', [name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || rest.length > 0) return usage(`${to} takes the name of a node`);
  await power(name, to);
  return 0;
}

function usage(problem: string): number {
  console.error(`lab: ${problem}. See \`npm run lab -- --help\`.`);
  return 2;
}

const NEXT = `
Try, with the profile that \`kintsugi up\` printed:
  aws ssm describe-instance-information
  aws ssm send-command --document-name AWS-RunPatchBaseline --targets 'Key=tag:Patch Group,Values=GROUP' --parameters Operation=Scan
  aws ssm list-command-invocations --details
  aws ssm describe-instance-patch-states-for-patch-group --patch-group GROUP
  aws ssm send-command --document-name AWS-RunPatchBaseline --targets 'Key=tag:Patch Group,Values=GROUP' --parameters Operation=Install
The nodes: npm run lab -- status, off NAME, on NAME; the end: npm run lab -- down`;
