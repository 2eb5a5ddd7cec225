import { quoted } from '../../core/baselines/issue.ts';
import { didYouMean } from '../../core/baselines/nearest.ts';
import { candidateOf } from '../../core/compliance/candidate.ts';
import { identity } from '../../core/compliance/context.ts';
import { type ExplainStep, explainCandidate } from '../../core/compliance/explain.ts';
import { compileBaseline } from '../../core/compliance/judge.ts';
import type { PatchResult } from '../../core/compliance/types.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import type { LookOptions } from '../commands/options.ts';
import { paint } from '../style.ts';
import { openSession } from './look.ts';

export async function runExplain(name: string, options: LookOptions): Promise<ExitCode> {
  const session = await openSession(options);
  const judged = await session.judge(session.inventory);
  const patches = judged.evaluation.patches.filter((patch) => patch.name === name || identity(patch) === name);
  if (patches.length === 0) {
    const close = didYouMean(
      name,
      judged.evaluation.patches.map((patch) => patch.name),
    );
    throw new KintsugiError(
      'PackageUnknown',
      `${quoted(name)} is not installed on ${session.target.address}, and no update brings it.`,
      {
        ...(close === null ? {} : { advice: close.replace(/^d/, 'D') }),
      },
    );
  }
  const compiled = compileBaseline(session.baseline);
  const explained = patches.map((patch) => {
    const update = session.inventory.updates.find(
      (one) => one.name === patch.name && one.version === patch.availableVersion,
    );
    const installed = session.inventory.packages.find((one) => identity(one) === identity(patch)) ?? null;
    if (update === undefined) return { patch, steps: [] as ExplainStep[] };
    const context = {
      inventory: session.inventory,
      knowledge: session.knowledge,
      options: { firstSeen: judged.firstSeen },
    };
    const { candidate, classified } = candidateOf(context, update, installed);
    return { patch, steps: explainCandidate(compiled, candidate, classified, new Date()) };
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, baseline: session.baseline.Name, explained })}\n`);
  } else {
    process.stdout.write(explained.map(({ patch, steps }) => text(patch, steps, session.baseline.Name)).join('\n'));
  }
  return EXIT.ok;
}

function text(patch: PatchResult, steps: readonly ExplainStep[], baseline: string): string {
  const { bold, green, red, dim } = paint(process.stdout);
  const version = patch.availableVersion === null ? '' : ` -> ${visible(patch.availableVersion)}`;
  const lines = [
    bold(
      `${visible(patch.name)} ${visible(patch.architecture)}  ${visible(patch.installedVersion ?? 'not installed')}${version}`,
    ),
    `${bold(patch.state)}  ${visible(patch.explanation)}`,
  ];
  if (steps.length > 0) lines.push('', `What ${visible(baseline)} says, in the order in which it is asked:`);
  else lines.push('There is no other version to judge.');
  const width = Math.max(0, ...steps.map(({ title }) => title.length));
  for (const { title, answer, detail } of steps) {
    const mark = answer === 'yes' ? green('yes') : answer === 'no' ? red('no ') : dim('-  ');
    lines.push(`  ${title.padEnd(width)}  ${mark}  ${visible(detail)}`);
  }
  return `${lines.join('\n')}\n`;
}
