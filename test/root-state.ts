import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { must } from '../lab/command.ts';
import type { LabRoot } from '../lab/root.ts';

/** Every file of a root with its kind, mode, owner, size, time of change and target: nothing changes without a trace. */
export async function filesOf(root: LabRoot): Promise<readonly string[]> {
  const format = '%P\\t%y\\t%m\\t%U:%G\\t%s\\t%T@\\t%l\\n';
  const text = await must(['find', root.path, '-printf', format]);
  return text.split('\n').filter(Boolean).sort();
}

/** Lines that are in only one of two snapshots. */
export function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  const [old, now] = [new Set(before), new Set(after)];
  return [...before.filter((line) => !now.has(line)), ...after.filter((line) => !old.has(line))];
}

/** Installed versions by `name:architecture`, with the status where it is not plainly installed. */
export async function versionsOf(root: LabRoot): Promise<ReadonlyMap<string, string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '${db:Status-Abbrev}\\t${Package}:${Architecture}\\t${Version}\\n';
  const lines = (await root.must(['dpkg-query', '-W', '-f', format])).split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [status = '', name = '', version = ''] = line.split('\t');
      return [name, /^.i /.test(status) ? version : `${version} (${status.trim()})`];
    }),
  );
}

/** `name version` of everything whose version is another than before, gone packages with `-`. */
export function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  const found = [...names].filter((name) => before.get(name) !== after.get(name));
  return found.map((name) => `${name.replace(/:.*/, '')} ${after.get(name) ?? '-'}`).sort();
}

/** `name version` of the lines that apt-get's own rehearsal prints for what it would install. */
export function rehearsed(said: string): readonly string[] {
  const lines = [...said.matchAll(/^Inst (\S+?)(?::\S+)? (?:\[[^\]]*\] )?\((\S+) /gm)];
  return lines.map(([, name, version]) => `${name} ${version}`).sort();
}

/** Packages that apt takes for installed by a person, and those that it takes for dependencies. */
export async function marksOf(root: LabRoot): Promise<{ manual: string; auto: string }> {
  return {
    manual: await root.must(['apt-mark', 'showmanual']),
    auto: await root.must(['apt-mark', 'showauto']),
  };
}

/** Ids of processes whose root directory lies in the root. */
export function processesIn(root: LabRoot): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isWithin(rootOf(pid), root.path)).map(Number);
}

function rootOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return '';
  }
}

/** Mount points below the root that this machine sees. */
export function mountsIn(root: LabRoot): readonly string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point.startsWith(`${root.path}/`));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
