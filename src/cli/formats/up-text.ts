import { visible } from '../../core/visible.ts';
import { quote } from '../../platforms/apt/shell.ts';
import type { Profile } from '../actions/up-profile.ts';
import type { OwnNode } from '../own-node/enrol.ts';
import type { OwnScan } from '../own-node/scan-own-node.ts';
import type { Palette } from '../style.ts';
import { statusPaint } from './table-head.ts';
import { longest } from './wrap.ts';

/** What `kintsugi up` says once it serves: where, with which key, and what to try. */
export function readyText(url: string, endpoint: string, region: string, profile: Profile): string {
  const { config, credentials, fresh, hasCredentials } = profile;
  const lines = [`Kintsugi serves Systems Manager at ${url} (region ${region}).`, ''];
  if (fresh !== null)
    lines.push(
      `The admin's key, shown this once (it is also in ${credentials}):`,
      `  access key id      ${fresh.accessKeyId}`,
      `  secret access key  ${fresh.secretAccessKey}`,
      '',
    );
  if (hasCredentials)
    lines.push(
      'Try, in another terminal:',
      `  export AWS_CONFIG_FILE=${quote(config)} AWS_SHARED_CREDENTIALS_FILE=${quote(credentials)} AWS_PROFILE=kintsugi`,
      `  aws ssm describe-instance-information --endpoint-url ${endpoint}`,
      '  (From AWS CLI 1.29 or 2.13 on the profile names the endpoint, and --endpoint-url can be left out.)',
    );
  else lines.push('Its keys were made elsewhere: `kintsugi keys create --role admin` makes another.');
  return `${lines.join('\n')}\n\n`;
}

export function enrolledText({ instanceId, isScanOnly, isNew, formerly }: OwnNode, isRoot: boolean): string {
  const what = isNew ? 'is enrolled as' : 'is';
  const before = formerly === null ? '' : `The server no longer knows ${formerly}, which this machine was.\n`;
  const how = isScanOnly
    ? `scan-only: no command changes it (--allow-patching${isRoot ? '' : ', as root,'} would allow that)`
    : 'and commands may change it (--allow-patching)';
  return `${before}This machine ${what} ${instanceId}, ${how}.\n\n`;
}

/** The scan in plain words, with what to do next. `kintsugi` is how that is called here. */
export function scanText(node: OwnNode, scan: OwnScan, kintsugi: string, palette: Palette): string {
  const { status, reasons, found, failure } = scan;
  const [headline = 'Every approved update is installed.', ...others] = reasons
    .flatMap((reason) => reason.split('\n'))
    .map(visible);
  const lines = [`${statusPaint(status, palette)(status)}  ${headline}`, ...others.map((reason) => `  ${reason}`)];
  if (found !== null) {
    if (failure !== null) lines.push(`  What was known of it at ${found.endedAt.toISOString().slice(0, 16)}Z:`);
    lines.push(...countLines(found));
  }
  lines.push('', 'Next:', ...nextLines(node, scan, kintsugi));
  return `${lines.join('\n')}\n`;
}

type Found = NonNullable<OwnScan['found']>;

function countLines(found: Found): string[] {
  const kinds = Object.entries({
    critical: found.criticalNonCompliant,
    security: found.securityNonCompliant,
    other: found.otherNonCompliant,
  }).flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind}`] : []));
  const rows: [string, number, boolean][] = [
    ['missing', found.missing, true],
    ['failed', found.failed, found.failed > 0],
    ['waiting for a reboot', found.installedPendingReboot, found.installedPendingReboot > 0],
    ['rejected but installed', found.installedRejected, found.installedRejected > 0],
    ['installed', found.installed + found.installedOther, true],
  ];
  const shown = rows.filter(([, , isShown]) => isShown);
  const width = longest(shown.map(([name]) => name));
  const digits = longest(shown.map(([, count]) => String(count)));
  const table = shown.map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(digits)}`);
  return kinds.length === 0 ? table : [...table, `  not compliant in all: ${kinds.join(', ')}`];
}

function nextLines({ instanceId }: OwnNode, { status, commandId, found }: OwnScan, kintsugi: string): string[] {
  const steps: [what: string, command: string][] = [];
  if (status === 'UNKNOWN')
    steps.push(['what is in the way, with the command that mends it; then scan again', `${kintsugi} scan`]);
  if (found !== null && found.missing > 0)
    steps.push([
      'what is missing',
      `aws ssm describe-instance-patches --instance-id ${instanceId} --filters Key=State,Values=Missing --output table`,
    ]);
  if (commandId !== null)
    steps.push([
      'what the scan said, with a reason for each',
      `aws ssm get-command-invocation --command-id ${commandId} --instance-id ${instanceId} --query '[StandardOutputContent,StandardErrorContent]' --output text`,
    ]);
  steps.push([
    'scan again',
    `aws ssm send-command --document-name AWS-RunPatchBaseline --instance-ids ${instanceId} --parameters Operation=Scan`,
  ]);
  return steps.flatMap(([what, command]) => [`  # ${what}`, `  ${command}`]);
}
