import type { InventoryItem } from '@aws-sdk/client-ssm';
import type { FileFilter, Gathered, Part } from '../../../platforms/inventory/gather.ts';
import { readNetwork } from '../../../platforms/inventory/network.ts';
import { applicationRow, plainRow } from './application-row.ts';
import { FILE_LIMIT_NOTE, filesOf } from './files.ts';

type Row = Record<string, string>;

export interface Gathering {
  readonly items: readonly InventoryItem[];
  /** What could not be gathered, a sentence each: the step fails. */
  readonly faults: readonly string[];
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
}

/** The items of inventory that a node's answer holds. A part that is cut off or failed is a fault and no item. */
export function itemsOf(
  gathered: Gathered,
  wanted: { readonly parts: readonly Part[]; readonly components: boolean; readonly files: readonly FileFilter[] },
  capturedAt: Date,
): Gathering {
  const faults: string[] = [];
  const notes: string[] = [];
  const items: InventoryItem[] = [];
  const CaptureTime = capturedAt.toISOString().replace(/\.\d+/, '');
  const add = (TypeName: string, Content: Row[], SchemaVersion = '1.0') =>
    items.push({ TypeName, SchemaVersion, CaptureTime, Content });
  const isWhole = (section: string, what: string): boolean => {
    const found = gathered.get(section);
    if (found?.code === 0) return true;
    faults.push(
      `${what}: ${found === undefined ? 'the node did not tell it' : `its command ended with code ${found.code}`}.`,
    );
    return false;
  };
  const wants = (part: Part) => wanted.parts.includes(part);
  if (wants('applications') && isWhole('applications', 'AWS:Application')) {
    const applications = applicationsOf(gathered);
    add('AWS:Application', applications, '1.1');
    if (wanted.components) add('AWS:AWSComponent', applications.filter(isComponent).map(componentRow));
  }
  if (wants('network') && isWhole('links', 'AWS:Network')) add('AWS:Network', networkRows(gathered));
  if (wants('details') && isWhole('cpuinfo', 'AWS:InstanceDetailedInformation'))
    add('AWS:InstanceDetailedInformation', [detailsRow(gathered)]);
  if (wants('custom') && isWhole('custom', 'Custom inventory'))
    items.push(...customItems(gathered, CaptureTime, faults));
  if (wanted.files.length > 0) {
    const whole = wanted.files.map((_, index) => isWhole(`files${index}`, `AWS:File, filter ${index + 1}`));
    if (whole.every(Boolean)) {
      const { rows, isCut } = filesOf(gathered, wanted.files.length);
      add('AWS:File', rows);
      if (isCut) notes.push(FILE_LIMIT_NOTE);
    }
  }
  return { items, faults, notes };
}

function applicationsOf(gathered: Gathered): Row[] {
  const times = new Map<string, string>();
  for (const line of (gathered.get('installed')?.text ?? '').split('\n')) {
    const [file = '', seconds = ''] = line.split('\t');
    const at = new Date(Number(seconds) * 1000);
    if (file.endsWith('.list') && Number(seconds) > 0)
      times.set(file.slice(0, -5), `${at.toISOString().slice(0, 19)}Z`);
  }
  return (gathered.get('applications')?.text ?? '').split('\n').flatMap((line): Row[] => {
    const [status, name = '', version = '', architecture = '', section = '', source, sourceVersion, ...more] =
      line.split('\t');
    if (status !== 'installed' || name === '' || more.length < 3) return [];
    const [homepage = '', maintainer = '', ...summary] = more;
    const told = { URL: homepage, Publisher: maintainer, Summary: summary.join(' ') };
    const InstalledTime = times.get(name) ?? times.get(`${name}:${architecture}`) ?? '';
    const from = { source: source ?? name, sourceVersion: sourceVersion ?? version };
    return [applicationRow({ name, version, architecture, section, ...from }, { ...told, InstalledTime })];
  });
}

/** What AWS itself publishes for machines. */
function isComponent({ Name = '', Publisher = '' }: Row): boolean {
  return /^(?:amazon-|aws-|ec2-)/.test(Name) && /amazon|aws/i.test(Publisher);
}

function componentRow({ Release: _, Epoch: __, Summary: ___, PackageId: ____, ...rest }: Row): Row {
  return rest;
}

function networkRows(gathered: Gathered): Row[] {
  const DNSServer = (gathered.get('resolvers')?.text ?? '').split(/\s+/).filter(Boolean).join(',');
  return readNetwork(gathered).map(({ name, mac, ipv4, ipv6, mask, gateway }) =>
    plainRow({
      Name: name,
      SubnetMask: mask,
      Gateway: gateway,
      DNSServer,
      MacAddress: mac,
      IPV4: ipv4.join(','),
      IPV6: ipv6.join(','),
    }),
  );
}

function detailsRow(gathered: Gathered): Row {
  const text = gathered.get('cpuinfo')?.text ?? '';
  const all = (key: string) =>
    [...text.matchAll(new RegExp(`^${key}\\s*:[ \\t]*(.*)$`, 'gm'))].map(([, value = '']) => value);
  const threads = all('processor').length;
  const sockets = new Set(all('physical id')).size;
  const perSocket = Number(all('cpu cores')[0] ?? 0);
  const cores = perSocket * sockets;
  const speed = Math.round(Number(all('cpu MHz')[0] ?? 0));
  return plainRow({
    CPUModel: all('model name')[0] ?? '',
    CPUs: String(threads || ''),
    // Processors that do not say how many cores they have (most of ARM) are told of without.
    CPUCores: cores > 0 ? String(cores) : '',
    CPUSockets: sockets > 0 ? String(sockets) : '',
    CPUSpeedMHz: speed > 0 ? String(speed) : '',
    CPUHyperThreadEnabled: cores > 0 ? String(threads > cores) : '',
    KernelVersion: (gathered.get('kernel')?.text ?? '').trim(),
  });
}

const MOST_CUSTOM_FILES = 20;

/** Files that programs left for the agent: one type each, its content one map or a list of them. */
function customItems(gathered: Gathered, CaptureTime: string, faults: string[]): InventoryItem[] {
  const lines = (gathered.get('custom')?.text ?? '').split('\n').filter((line) => line.includes('\t'));
  if (lines.length > MOST_CUSTOM_FILES) {
    faults.push(`Custom inventory: ${lines.length} files, and ${MOST_CUSTOM_FILES} are the most.`);
    return [];
  }
  return lines.flatMap((line): InventoryItem[] => {
    const [file = '', packed = ''] = line.split('\t');
    const item = customItem(Buffer.from(packed, 'base64').toString('utf8'));
    if (typeof item !== 'string') return [{ ...item, CaptureTime }];
    faults.push(`Custom inventory, ${JSON.stringify(file.slice(0, 100))}: ${item}.`);
    return [];
  });
}

function customItem(text: string): Omit<InventoryItem, 'CaptureTime'> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  const { TypeName, SchemaVersion, Content } = (value ?? {}) as Record<string, unknown>;
  if (typeof TypeName !== 'string' || !/^Custom:.{1,93}$/.test(TypeName)) return 'its TypeName is not Custom:…';
  if (typeof SchemaVersion !== 'string' || !/^[0-9]{1,6}\.[0-9]{1,6}$/.test(SchemaVersion))
    return 'its SchemaVersion is not of the form 1.0';
  const rows: unknown[] = Array.isArray(Content) ? Content : [Content];
  const isFlat = (row: unknown): row is Row =>
    typeof row === 'object' &&
    row !== null &&
    !Array.isArray(row) &&
    Object.keys(row).length <= 50 &&
    Object.values(row).every((one) => typeof one === 'string' && one.length <= 4096);
  if (!rows.every(isFlat)) return 'its Content is not made of maps of at most 50 texts';
  return { TypeName, SchemaVersion, Content: rows };
}
