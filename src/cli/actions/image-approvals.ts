import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { askImages, type ImageAnswer } from '../client/image-answers.ts';
import { serverProfile } from '../client/profile.ts';
import { approvalsText, decidedText } from '../formats/approval-text.ts';
import { paint } from '../style.ts';

export async function runApprovals(
  family: string | undefined,
  options: { readonly all?: boolean; readonly json?: boolean },
): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const asked = { ...(family && { Family: family }), ...(!options.all && { State: 'PENDING' }) };
  const Approvals: ImageAnswer<'DescribeImageApprovals'>['Approvals'] = [];
  let NextToken: string | undefined;
  do {
    const page = await askImages(profile, 'DescribeImageApprovals', { ...asked, ...(NextToken && { NextToken }) });
    Approvals.push(...page.Approvals);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  const text = () => approvalsText(Approvals, new Date(), paint(process.stdout));
  process.stdout.write(options.json ? `${JSON.stringify({ Approvals })}\n` : text());
}

export async function runDecision(
  decision: 'approve' | 'reject',
  id: string,
  options: { readonly comment?: string; readonly json?: boolean },
): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const operation = decision === 'approve' ? 'ApproveImage' : 'RejectImage';
  // A task token has 43 characters; nothing else does.
  const named = /^[\w-]{43}$/.test(id) ? { TaskToken: id } : { ApprovalId: id };
  const comment = options.comment === undefined ? {} : { Comment: options.comment };
  const answer = await askImages(profile, operation, { ...named, ...comment });
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : decidedText(answer, paint(process.stdout)));
}
