import { Argument, Command } from 'commander';
import type { SchemeName } from '../../core/versions/schemes.ts';

const SCHEMES: readonly SchemeName[] = ['dpkg', 'rpm', 'apk'];

export function vercmpCommand(): Command {
  return new Command('vercmp')
    .description('Compare versions: reads pairs from standard input, a pair a line, and prints -1, 0, 1 or invalid.')
    .addArgument(new Argument('<scheme>', 'whose versions they are').choices(SCHEMES))
    .option('--json', 'print {"a", "b", "result"} a line; a and b are null where the line is not a pair')
    .addHelpText(
      'after',
      `
Any run of white space parts the two versions. Every line of input gets a line of output, in the same order, so that
paste(1) puts them side by side; a line that does not hold two versions, a blank one as well, is invalid. So is:
  dpkg  what \`dpkg --validate-version\` refuses
  rpm   what cannot be passed to rpm at all: it takes any other text for an [epoch:]version[-release]
  apk   what \`apk version --check\` refuses
  all   a version of more than 4096 characters, a line of more than 65536 bytes

Example:
  $ printf '1.0~rc1-1 1.0-1\\n' | kintsugi vercmp dpkg
  -1`,
    )
    .showHelpAfterError('(`kintsugi vercmp --help` says more)')
    .exitOverride()
    .action(async (scheme: SchemeName, options: { json?: boolean }) => {
      const { runVercmp } = await import('../actions/vercmp.ts');
      process.exitCode = await runVercmp(scheme, options.json === true);
    });
}
