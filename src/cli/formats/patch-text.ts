import { visible } from '../../core/visible.ts';
import type { PatchOutcome } from '../actions/patch-outcome.ts';
import { paint } from '../style.ts';

/** The plan for a person, before anything is done: exact versions, what comes along, what is left out and why. */
export function renderPlan(outcome: Omit<PatchOutcome, 'error'>): string {
  const { bold, yellow, dim } = paint(process.stdout);
  const { plan, session, repair } = outcome;
  const lines: string[] = [];
  if (repair === 'needed')
    lines.push(yellow('An installation was interrupted here: what it left behind is finished first.'));
  if (repair === 'done') lines.push('An installation was interrupted here; what it left behind is finished now.');
  const upgrades = plan.installs.filter(({ to }) => to !== null);
  const removals = plan.installs.filter(({ to }) => to === null);
  if (plan.installs.length === 0) lines.push(bold(`Nothing to install on ${visible(session.target.address)}.`));
  else {
    const steps = new Set(plan.installs.map(({ step }) => step)).size;
    const size = plan.downloadBytes > 0 ? `, ${(plan.downloadBytes / 1e6).toFixed(1)} MB to fetch` : '';
    lines.push(
      bold(
        `Plan for ${visible(session.target.address)}: ${count(upgrades.length, 'package')} in ${count(steps, 'step')}${size}`,
      ),
    );
    const width = Math.max(...upgrades.map(({ name }) => name.length), 0);
    for (const one of upgrades) {
      const note = one.chosen
        ? ''
        : one.from === null
          ? dim('  new, an update needs it')
          : dim('  comes along, an update needs it');
      lines.push(
        `  ${visible(one.name).padEnd(width)}  ${one.from === null ? '-' : visible(one.from)} -> ${visible(one.to ?? '')}${note}`,
      );
    }
    for (const one of removals) lines.push(yellow(`  ${visible(one.name)}  ${visible(one.from ?? '')} is REMOVED`));
  }
  if (plan.leftOut.length > 0) {
    lines.push('', bold(`Left out (${plan.leftOut.length})`));
    for (const one of plan.leftOut)
      lines.push(`  ${visible(one.name)} ${visible(one.version)}: ${visible(one.detail)}`);
  }
  const { status, statusReasons } = outcome.before.evaluation;
  if (outcome.dryRun && status === 'UNKNOWN') {
    lines.push('', `${yellow(bold(status))}  ${visible(statusReasons.join(' '))}`);
  }
  if (outcome.dryRun && plan.installs.length > 0) {
    lines.push('', 'Nothing was changed. To install this:', `  kintsugi patch ${outcome.installAgain}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

/** How it came out: what changed, what did not, and what is left to do. */
export function renderOutcome(outcome: PatchOutcome): string {
  const { bold, red, green, yellow } = paint(process.stdout);
  const { after, end, changes, again, plan } = outcome;
  if (after === null) return '';
  const lines: string[] = [''];
  // Known only once the archives were there, after the plan was shown.
  for (const one of plan.leftOut.filter(({ reason }) => reason === 'conffile-blocked')) {
    lines.push(`Left out: ${visible(one.name)} ${visible(one.version)}: ${visible(one.detail)}`);
  }
  if (end !== null) {
    const planned = changes.filter((change) => change.planned);
    lines.push(
      bold(
        `Changed: ${count(planned.length, 'package')}, ${end.result === 'ok' ? 'all as planned' : `the run ended with: ${visible(`${end.result} ${end.detail}`.trim())}`}`,
      ),
    );
    for (const change of changes.filter((one) => !one.planned)) {
      lines.push(red(`  not in the plan: ${visible(change.name)} ${change.from ?? '-'} -> ${change.to ?? 'removed'}`));
    }
    const failed = after.evaluation.patches.filter(({ state }) => state === 'FAILED');
    for (const patch of failed) lines.push(red(`  FAILED ${visible(patch.name)}: ${visible(patch.explanation)}`));
    for (const { name, path } of outcome.conffilesKept) {
      lines.push(
        `  ${visible(path)} (${visible(name)}) was changed here and by the update as well; look for it with .dpkg-dist or .dpkg-old at its end`,
      );
    }
    lines.push(`  log: /var/lib/kintsugi/runs/${end.runId}/log`);
  }
  const { status, statusReasons } = after.evaluation;
  const colour = status === 'COMPLIANT' ? green : status === 'UNKNOWN' ? yellow : red;
  lines.push(`${colour(bold(status))}  ${visible(statusReasons.join(' '))}`.trimEnd());
  if (outcome.rebooting) lines.push('The machine restarts in one minute (`shutdown -c` cancels it).');
  else if (after.inventory.reboot.required) {
    lines.push('A reboot is needed:', ...after.inventory.reboot.reasons.map(({ detail }) => `  ${visible(detail)}`));
  }
  if (status !== 'COMPLIANT') lines.push('', 'Next:', `  kintsugi scan${again === '' ? '' : ` ${again}`}`);
  return `${lines.join('\n')}\n`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
