import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { KintsugiError } from '../../core/errors.ts';
import { askImages, type ImageAnswer } from '../client/image-answers.ts';
import { type ServerProfile, serverProfile } from '../client/profile.ts';
import { approvalsText, decidedText } from '../formats/approval-text.ts';
import { paint } from '../style.ts';
import { referenceOf } from './image-reference.ts';

type Approvals = ImageAnswer<'DescribeImageApprovals'>['Approvals'];

export async function runApprovals(
  family: string | undefined,
  options: { readonly all?: boolean; readonly json?: boolean },
): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const asked = { ...(family && { Family: family }), ...(!options.all && { State: 'PENDING' }) };
  const Approvals = await approvalsOf(profile, asked);
  const text = () => approvalsText(Approvals, new Date(), paint(process.stdout));
  process.stdout.write(options.json ? `${JSON.stringify({ Approvals })}\n` : text());
}

async function approvalsOf(profile: ServerProfile, asked: object): Promise<Approvals> {
  const found: Approvals = [];
  let NextToken: string | undefined;
  do {
    const page = await askImages(profile, 'DescribeImageApprovals', { ...asked, ...(NextToken && { NextToken }) });
    found.push(...page.Approvals);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** The id of an approval as it is given, or of the one that waits for an image, `FAMILY@DIGEST`. Throws ApprovalNotFound, Usage. */
async function approvalIdOf(profile: ServerProfile, given: string): Promise<string> {
  const { family, digest = null } = given.includes('@') ? referenceOf(given) : { family: '' };
  if (digest === null) return given;
  const waiting = await approvalsOf(profile, { Family: family, State: 'PENDING' });
  const [one, ...others] = waiting.filter(({ Digest }) => Digest.startsWith(digest));
  if (one === undefined) throw new KintsugiError('ApprovalNotFound', `No approval of ${given} waits.`);
  if (others.length === 0) return one.ApprovalId;
  const ids = [one, ...others].map(({ ApprovalId }) => ApprovalId).join(', ');
  throw new KintsugiError('Usage', `${others.length + 1} approvals wait for ${given}: name one of ${ids}.`);
}

export async function runDecision(
  decision: 'approve' | 'reject',
  id: string,
  options: { readonly comment?: string; readonly json?: boolean },
): Promise<void> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const operation = decision === 'approve' ? 'ApproveImage' : 'RejectImage';
  // A task token has 43 characters; nothing else does.
  const named = /^[\w-]{43}$/.test(id) ? { TaskToken: id } : { ApprovalId: await approvalIdOf(profile, id) };
  const comment = options.comment === undefined ? {} : { Comment: options.comment };
  const answer = await askImages(profile, operation, { ...named, ...comment });
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : decidedText(answer, paint(process.stdout)));
}
