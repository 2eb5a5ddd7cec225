import { shortDigest } from '../../core/images/names.ts';
import { visible } from '../../core/visible.ts';
import type { ImageAnswer } from '../client/image-answers.ts';
import type { Palette } from '../style.ts';
import { duration } from './age.ts';

type Approval = ImageAnswer<'ApproveImage'>;

function imageOf({ Family, Digest }: Approval): string {
  return `${visible(Family)}@${shortDigest(Digest)}`;
}

/** What waits for somebody's word, and how to give it. */
export function approvalsText(approvals: readonly Approval[], now: Date, { bold, dim }: Palette): string {
  if (approvals.length === 0) return 'No image waits for an approval.\n';
  const lines = approvals.flatMap((one) => {
    const left = duration(Math.max(0, one.ExpiresAt * 1000 - now.getTime()));
    const ago = duration(Math.max(0, now.getTime() - one.RequestedAt * 1000));
    const how =
      one.State === 'PENDING' ? `asked ${ago} ago, ${left} left` : `${one.State} ${visible(one.DecidedBy ?? '')}`;
    return [
      `${bold(one.ApprovalId)}  ${imageOf(one)} to ${one.Channel}  ${how.trimEnd()}`,
      ...[one.Message, one.Comment ?? ''].filter((text) => text !== '').map((text) => `  ${visible(text)}`),
      dim(`  ${visible(one.ExecutionArn)}`),
    ];
  });
  const first = approvals.find(({ State }) => State === 'PENDING');
  const next =
    first === undefined
      ? []
      : ['', `kintsugi image approve ${first.ApprovalId}`, `kintsugi image reject ${first.ApprovalId} --comment WHY`];
  return `${[...lines, ...next].join('\n')}\n`;
}

export function decidedText(one: Approval, { green, yellow }: Palette): string {
  const word = one.State === 'APPROVED' ? green('Approved') : yellow('Rejected');
  const what = one.State === 'APPROVED' ? 'its workflow goes on' : 'its workflow fails, and it leaves staging';
  return `${word} ${imageOf(one)} for ${one.Channel}, by ${visible(one.DecidedBy ?? '')}: ${what}.\n  ${visible(one.ExecutionArn)}\n`;
}
