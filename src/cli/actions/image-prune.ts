import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { askImages } from '../client/image-answers.ts';
import { serverProfile } from '../client/profile.ts';
import { prunedText } from '../formats/prune-text.ts';
import { paint } from '../style.ts';

export async function runPrune(
  family: string | undefined,
  options: { readonly keep: number; readonly yes?: boolean; readonly json?: boolean },
): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const input = { ...(family && { Family: family }), Keep: options.keep, DryRun: options.yes !== true };
  const answer = await askImages(profile, 'PruneImages', input);
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : prunedText(answer, paint(process.stdout)));
}
