import { readFile } from 'node:fs/promises';
import { scanStanzas, withoutCarriageReturns } from '../../platforms/apt/control-stanzas.ts';
import { type StanzaFields, sourceOf, stanzaFields } from '../../platforms/apt/stanza-fields.ts';
import { type InventoryItem, row } from './item.ts';

const STATUS = '/var/lib/dpkg/status';
/** What Systems Manager calls the architectures, where that differs from dpkg. */
const ARCHITECTURES: Readonly<Record<string, string | undefined>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  all: 'noarch',
};

/** AWS:Application of a machine with dpkg; null on any other. */
export async function applications(path = STATUS): Promise<InventoryItem | null> {
  const file = await readFile(path).catch(() => null);
  if (file === null) return null;
  const text = withoutCarriageReturns(file);
  const content: Array<Record<string, string>> = [];
  scanStanzas(text, ({ name, start, end }) => {
    const fields = stanzaFields(text.toString('utf8', start, end));
    if (/ installed$/.test(fields.get('status') ?? '')) content.push(application(name, fields));
  });
  content.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return { typeName: 'AWS:Application', schemaVersion: '1.1', content };
}

function application(name: string, fields: StanzaFields): Record<string, string> {
  const version = fields.get('version') ?? '';
  const [, epoch = '', upstream = '', release = ''] = /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/s.exec(version) ?? [];
  const architecture = fields.get('architecture') ?? '';
  const { source, sourceVersion } = sourceOf(fields, name, version);
  return row({
    Name: name,
    Version: upstream,
    Release: release,
    Epoch: epoch,
    Publisher: fields.get('maintainer') ?? '',
    ApplicationType: fields.get('section') ?? '',
    Architecture: ARCHITECTURES[architecture] ?? architecture,
    URL: fields.get('homepage') ?? '',
    Summary: (fields.get('description') ?? '').split('\n')[0] ?? '',
    PackageId: `${source}_${sourceVersion}`,
  });
}

function key({ Name = '', Architecture = '' }: Record<string, string>): string {
  return `${Name} ${Architecture}`;
}
