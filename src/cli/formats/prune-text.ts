import { shortDigest } from '../../core/images/names.ts';
import { visible } from '../../core/visible.ts';
import type { ImageAnswer } from '../client/image-answers.ts';
import type { Palette } from '../style.ts';

/** What was or would be deleted, what is kept and why. */
export function prunedText({ DryRun, Pruned, Kept }: ImageAnswer<'PruneImages'>, { bold, dim }: Palette): string {
  const name = (one: { Family: string; Digest: string }) => `${visible(one.Family)}@${shortDigest(one.Digest)}`;
  const mib = (bytes: number) => `${Math.ceil(bytes / 1_048_576)} MiB`;
  const kept = Kept.map((one) => `  ${name(one)}  ${dim(one.Reasons.slice(0, 3).map(visible).join('; '))}`);
  const gone = Pruned.map((one) => `  ${bold(name(one))}  ${mib(one.Bytes)}  baked ${one.BakedAt.slice(0, 10)}`);
  const total = Pruned.reduce((sum, { Bytes }) => sum + Bytes, 0);
  const head =
    Pruned.length === 0
      ? 'Nothing to prune.'
      : `${DryRun ? 'Nothing uses these' : 'These go within a minute'} (${Pruned.length}, ${mib(total)}):`;
  const foot = DryRun && Pruned.length > 0 ? ['Nothing was deleted; --yes deletes them.'] : [];
  return `${[head, ...gone, ...(kept.length === 0 ? [] : ['Kept:', ...kept]), ...foot].join('\n')}\n`;
}
