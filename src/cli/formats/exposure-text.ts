import { visible } from '../../core/visible.ts';
import type { AnsweredExposure, AnsweredGroup, AnsweredNode } from '../client/exposure-answer.ts';
import type { Palette } from '../style.ts';

const REASONS: Readonly<Record<string, string>> = {
  NEVER_SCANNED: 'never scanned',
  SCAN_UNKNOWN: 'the last scan cannot be relied on',
  INVENTORY_OLD: 'the inventory is too old',
  NOTHING_KNOWN: 'no advisory file tells of it',
  NO_ADVISORIES: 'there are no advisories for its release',
  VERSION_UNREADABLE: 'a version cannot be read',
  NOT_STATED: 'has the package, and the files speak of it for other releases only',
};

const UPDATES: Readonly<Record<AnsweredGroup['Update'], string>> = {
  OFFERED: 'update offered',
  PUBLISHED: 'update published since the last scan',
  NONE: 'no update in the archives',
  UNKNOWN: 'not known whether there is an update',
};

/** More than a person reads at once. */
const MOST_GROUPS = 20;

/** The answer for a person: the verdict, a line for each group of nodes, what could not be judged, what to do next. */
export function exposureText(
  answer: AnsweredExposure,
  nodes: readonly AnsweredNode[] | null,
  palette: Palette,
): string {
  const blocks = [
    verdictLines(answer, palette),
    groupBlock(answer.Groups, nodes === null ? MOST_GROUPS : answer.Groups.length, palette),
    answer.Unknowns.length === 0 ? [] : unknownLines(answer, palette),
    nodes === null ? [] : nodeLines(nodes),
    knowledgeLines(answer, palette),
    nextLines(answer, palette),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function verdictLines(answer: AnsweredExposure, { bold, red, yellow, green }: Palette): string[] {
  const { Counts, Status, Known, Knowledge, Subject } = answer;
  const name = visible(subjectText(answer));
  const paint = Status === 'AFFECTED' ? red : Status === 'UNKNOWN' ? yellow : green;
  const word = Subject.Kind === 'PACKAGE' && Status === 'AFFECTED' ? 'INSTALLED' : Status.replace('_', ' ');
  const verdict = `${bold(name)}  ${paint(word)}`;
  const counts =
    Counts.Nodes === 0
      ? 'there are no managed nodes: nobody was asked'
      : `${Counts.Affected} of ${count(Counts.Nodes, 'managed node')} affected, ${Counts.Unknown} unknown, ${Counts.NotAffected} not affected`;
  const old = Counts.AffectedByOldInventory;
  const titles = answer.Advisories.slice(0, 5).map(
    ({ Id, Title, Issued, Url }) =>
      `  ${[Id, Issued?.slice(0, 10), Title, Url]
        .filter(Boolean)
        .map((one) => visible(String(one)))
        .join('  ')}`,
  );
  const more = answer.Advisories.length > 5 ? [`  and ${answer.Advisories.length - 5} more advisories`] : [];
  const nothing = Known
    ? []
    : [
        `Nothing is known of ${name}: ${Knowledge.Advisories === 0 ? 'the server has no advisory files' : `the advisory files are of ${Knowledge.Newest?.slice(0, 10) ?? 'an unknown date'}`}. That does not mean that no node is affected.`,
      ];
  return [
    verdict,
    ...nothing,
    counts,
    ...(old > 0 ? [`${old} of the affected by an inventory that is old or in doubt`] : []),
    ...titles,
    ...more,
  ];
}

function subjectText({ Subject: { Id, Operator = '', Version = '' } }: AnsweredExposure): string {
  return `${Id}${Operator}${Version}`;
}

function groupBlock(groups: readonly AnsweredGroup[], most: number, palette: Palette): string[] {
  const more = groups.length - most;
  const lines = groups.slice(0, most).flatMap((group) => groupLines(group, palette));
  return more > 0 ? [...lines, `and ${count(more, 'more group')} of fewer nodes: --all`] : lines;
}

function groupLines(group: AnsweredGroup, { bold, dim }: Palette): string[] {
  const { Source, Packages, InstalledVersion, FixedVersion, Evidence, NodeCount, InstanceIds, Update, UpdateVersion } =
    group;
  const fix = FixedVersion === null ? 'no fixed version is named' : `fixed in ${FixedVersion}`;
  const update = UpdateVersion === null ? UPDATES[Update] : `${UPDATES[Update]}: ${UpdateVersion}`;
  const head = [`${Source} ${InstalledVersion}`, fix, update, ...Evidence.slice(0, 3)].map(visible);
  const more = NodeCount - InstanceIds.length;
  return [
    `${bold(count(NodeCount, 'node'))}  ${head.join('  ')}`,
    dim(`  ${group.Ecosystem}: ${list(Packages, 6)}`),
    `  ${InstanceIds.map(visible).join(' ')}${more > 0 ? ` and ${more} more` : ''}`,
  ];
}

function unknownLines({ Unknowns }: AnsweredExposure, { yellow }: Palette): string[] {
  return [
    yellow('UNKNOWN: cannot be told to be unaffected'),
    ...Unknowns.map(({ Reason, NodeCount, InstanceIds }) => {
      const more = NodeCount - InstanceIds.length;
      const ids = `${InstanceIds.map(visible).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
      return `  ${count(NodeCount, 'node')}: ${REASONS[Reason] ?? visible(Reason)}: ${ids}`;
    }),
  ];
}

function nodeLines(nodes: readonly AnsweredNode[]): string[] {
  return nodes.map((node) => {
    const found = node.Findings.map(
      ({ Package, InstalledVersion, FixedVersion, PatchState, PatchReason }) =>
        `${Package} ${InstalledVersion} (${[FixedVersion === null ? 'no fix' : `fixed in ${FixedVersion}`, PatchState, PatchReason].filter(Boolean).join(', ')})`,
    );
    const why = node.Reason === null ? [] : [REASONS[node.Reason] ?? node.Reason];
    const age =
      node.InventoryAge === null || node.InventoryAge === 'FRESH'
        ? []
        : [`inventory ${node.InventoryAge.toLowerCase()}`];
    const words = [node.InstanceId, node.Name ?? '', node.Status, ...age, ...why, ...found].filter((one) => one !== '');
    return words.map(visible).join('  ');
  });
}

function knowledgeLines({ Knowledge, Repositories, Subject }: AnsweredExposure, { dim, yellow }: Palette): string[] {
  const { Advisories, Newest, Problem } = Knowledge;
  const files = `${count(Advisories, 'advisory', 'advisories')}, the newest of ${Newest?.slice(0, 10) ?? 'an unknown date'}`;
  const failed = Repositories.flatMap(({ Product, Failure }) => (Failure === null ? [] : [`${Product}: ${Failure}`]));
  return [
    ...(Subject.Kind === 'PACKAGE' ? [] : [dim(`By ${files}.`)]),
    ...(Problem === null ? [] : [yellow(`The advisory files cannot be read as they are now: ${visible(Problem)}`)]),
    ...failed.map((one) => yellow(`Repositories of ${visible(one)}`)),
  ];
}

function nextLines({ Groups, Unknowns, Counts }: AnsweredExposure, { dim }: Palette): string[] {
  const ids = [
    ...new Set(
      Groups.filter(({ Update }) => Update === 'OFFERED' || Update === 'PUBLISHED').flatMap((one) => one.InstanceIds),
    ),
  ];
  const unscanned = Unknowns.flatMap(({ Reason, InstanceIds }) =>
    ['NEVER_SCANNED', 'SCAN_UNKNOWN', 'INVENTORY_OLD'].includes(Reason) ? InstanceIds : [],
  );
  const command = (operation: string, of: readonly string[]) =>
    `  aws ssm send-command --document-name AWS-RunPatchBaseline --parameters Operation=${operation} --instance-ids ${of.slice(0, 50).map(visible).join(' ')}`;
  return [
    ...(ids.length > 0 ? [dim('To patch what the baselines approve:'), command('Install', ids)] : []),
    ...(unscanned.length > 0 ? [dim('To know more:'), command('Scan', unscanned)] : []),
    ...(Counts.Affected > 10 ? [dim('Every affected node: --all')] : []),
  ];
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function list(names: readonly string[], most: number): string {
  const more = names.length - most;
  return `${names.slice(0, most).map(visible).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
