import { Command } from 'commander';
import { KintsugiError } from '../../core/errors.ts';
import { addChannels } from './image-channels.ts';
import type { BakeCommandOptions } from './image-options.ts';
import { triggerCommand } from './image-trigger.ts';
import { addRecipeOptions } from './recipe-options.ts';

/** `kintsugi image bake | list | show | diff | verify | trigger`, and what `image-channels.ts` adds. */
export function imageCommand(): Command {
  const command = new Command('image')
    .description('Bake golden images of Debian, patched by a baseline, tested and signed; look at them.')
    .showHelpAfterError('(`--help` lists what is there)')
    .exitOverride();
  addBake(command);
  addReaders(command);
  addChannels(command);
  command.addCommand(triggerCommand());
  return command;
}

function addBake(command: Command): void {
  const bake = command
    .command('bake')
    .description('bake an image: base, updates by the baseline, hooks, boot test, evidence (needs root)')
    .argument('[family]', 'the family that the image belongs to')
    .option('--family <name>', 'the same');
  addRecipeOptions(bake)
    .option('--force', 'bake though nothing would change')
    .option('--publish', 'bake through the running server, and lead the image to its channels')
    .option('--approve', 'with --publish: approve it beforehand, so that it becomes gold')
    .option('--message <text>', 'with --publish: a word for whoever approves it')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
With --publish the server does the work and this command shows it; Ctrl-C leaves it running. Without --approve it ends
when somebody has to approve: \`kintsugi image approve FAMILY@DIGEST\`.

A check file:
  Units: [ssh.service]
  Ports: [22]
  Commands:
    - { Run: "sshd -t", ExitCode: 0, TimeoutSeconds: 10 }

Exit codes:
  0  baked, or nothing to bake: the same image is there
  3  refused: not compliant, or unknown   6  another bake of the family   7  no permission
  8  a step, a hook or the boot test failed   9  refused: no space, or a secret left in it   2  bad usage`,
    )
    .action(async (argument: string | undefined, options: BakeCommandOptions) => {
      const asked = { ...options, family: familyOf(argument, options) };
      if (options.publish) {
        const { runPublish } = await import('../actions/image-publish.ts');
        process.exitCode = await runPublish(asked);
      } else {
        const { runBake } = await import('../actions/image-bake.ts');
        process.exitCode = await runBake(asked);
      }
    });
}

function addReaders(command: Command): void {
  command
    .command('list')
    .description('list the images, the newest first')
    .argument('[family]', 'only this family')
    .option('--json', 'print their manifests as a JSON list')
    .action(async (family: string | undefined, options: { json?: boolean }) => {
      const { runList } = await import('../actions/image-read.ts');
      await runList(family, options.json ?? false);
    });
  command
    .command('show')
    .description('show an image: where it came from, how it was tested, what is in it')
    .argument('<image>', 'FAMILY (its newest) or FAMILY@DIGEST, the first digits are enough')
    .option('--json', 'print its manifest')
    .action(async (image: string, options: { json?: boolean }) => {
      const { runShow } = await import('../actions/image-read.ts');
      await runShow(image, options.json ?? false);
    });
  command
    .command('diff')
    .description('show which packages differ from one image to another')
    .argument('<from>', 'FAMILY or FAMILY@DIGEST')
    .argument('<to>', 'FAMILY or FAMILY@DIGEST')
    .option('--json', 'print { from, to, changes }')
    .action(async (from: string, to: string, options: { json?: boolean }) => {
      const { runDiff } = await import('../actions/image-read.ts');
      await runDiff(from, to, options.json ?? false);
    });
  command
    .command('verify')
    .description('check the signature on an image and every byte of it')
    .argument('<image>', 'FAMILY or FAMILY@DIGEST')
    .option('--key <file...>', 'public keys in PEM to trust (default: the one of this installation)')
    .option('--json', 'print { image, valid, problems }')
    .action(async (image: string, options: { key?: readonly string[]; json?: boolean }) => {
      const { runVerify } = await import('../actions/image-read.ts');
      process.exitCode = await runVerify(image, options.key, options.json ?? false);
    });
}

function familyOf(argument: string | undefined, { family, publish, approve, message }: Partial<BakeCommandOptions>) {
  const named = argument ?? family;
  if (named === undefined || (argument !== undefined && family !== undefined && argument !== family))
    throw new KintsugiError('Usage', 'Name the one family that the image belongs to.');
  if (!publish && (approve || message !== undefined))
    throw new KintsugiError('Usage', '--approve and --message go with --publish.');
  return named;
}
