import { visible } from '../../core/visible.ts';
import type { AnsweredTrigger } from '../client/trigger-answer.ts';
import type { Palette } from '../style.ts';
import { lasted } from './workflow-text.ts';
import { wrap } from './wrap.ts';

/** Triggers with what the last look at each came to. */
export function triggerListText(triggers: readonly AnsweredTrigger[], now: Date, { bold, dim }: Palette): string {
  if (triggers.length === 0) return 'No triggers. `kintsugi image trigger add FAMILY --drift` adds one.\n';
  return triggers
    .map((one) => {
      const approval = one.AutoApprove ? ', approved beforehand' : '';
      const head = `${bold(visible(one.TriggerId))}  ${visible(one.Family)}: ${conditionText(one.Condition)}${approval}`;
      const looked = one.LookedAt === null ? null : lasted(now.getTime() / 1000 - one.LookedAt);
      const said = looked === null ? 'not looked at yet' : `${looked} ago: ${visible(one.Outcome ?? '').slice(0, 600)}`;
      return [head, ...wrap(said, 100, '  ').map(dim), ''].join('\n');
    })
    .join('');
}

function conditionText({ Kind, Expression, TimeZone, Severity }: AnsweredTrigger['Condition']): string {
  if (Kind === 'schedule') return `${visible(String(Expression))} ${visible(String(TimeZone))}`;
  if (Kind === 'drift') return 'when gold misses an approved update';
  if (Kind === 'advisory') return `when gold misses an approved update, ${visible(String(Severity))} or worse`;
  return 'when its base has moved';
}
