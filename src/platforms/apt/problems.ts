import type { InstalledPackage, Problem } from '../../core/compliance/inventory.ts';
import { describeHolder, parseLocks } from './holders.ts';
import type { Section } from './sections.ts';

/** What the machine itself says against trusting the answer, or against patching it now. */
export function machineProblems(
  sections: ReadonlyMap<string, Section>,
  seen: {
    readonly facts: ReadonlyMap<string, string>;
    readonly packages: readonly InstalledPackage[];
    readonly unread: readonly string[];
  },
): Problem[] {
  const problems: Problem[] = [];
  const add = (code: Problem['code'], unknown: boolean, message: string, next: string | null = null) =>
    problems.push({ code, unknown, message, next });
  const failed = (name: string) => (sections.get(name)?.code ?? -1) !== 0;
  const said = (name: string) => firstError(sections.get(`${name}-errors`)?.text ?? '');

  if (failed('packages')) add('inventory-failed', true, `dpkg-query failed: ${said('packages')}`);
  else if (seen.packages.length === 0) add('inventory-empty', true, 'dpkg knows of no installed package.');
  if (seen.unread.length > 0) {
    add(
      'inventory-failed',
      true,
      `${seen.unread.length} lines of the package manager could not be read, the first: ${JSON.stringify(seen.unread[0]?.slice(0, 200))}.`,
    );
  }
  if (failed('policy')) add('resolver-failed', true, `apt-cache policy failed: ${said('policy')}`);
  else if (sections.has('policy-arriving') && failed('policy-arriving'))
    add('resolver-failed', true, 'apt-cache policy could not tell where new packages come from.');
  if (failed('upgrade')) {
    const message = said('upgrade');
    const broken = /unmet dependencies|held broken packages/i.test(sections.get('upgrade-errors')?.text ?? '');
    if (broken)
      add(
        'dependencies-broken',
        true,
        `apt cannot resolve the dependencies of what is installed: ${message}`,
        'apt-get --fix-broken install',
      );
    else add('resolver-failed', true, `apt-get could not say what it would upgrade: ${message}`);
  }
  if (failed('archives') && !failed('policy'))
    add('resolver-failed', true, 'apt-cache policy could not name the archives.');
  if (failed('sources')) add('resolver-failed', true, `apt cannot read its sources: ${said('sources')}`);

  const holders = parseLocks(sections.get('locks')?.text ?? '');
  const runs = lines(sections, 'kintsugi-runs').map(parseRun);
  const atWork = runs.some(({ alive }) => alive) || holders.some(({ file }) => file.startsWith('/var/lib/dpkg/'));
  const unfinished = seen.packages.filter(({ status }) => status !== 'installed').map(({ name }) => name);
  const journal = Number(seen.facts.get('journal_entries') ?? '0');
  // What somebody works on now is not interrupted.
  if (!atWork && (unfinished.length > 0 || journal > 0)) {
    const which =
      unfinished.length > 0 ? `: ${unfinished.slice(0, 5).join(', ')}${unfinished.length > 5 ? ', …' : ''}` : '';
    add(
      'dpkg-interrupted',
      false,
      `dpkg was interrupted; ${unfinished.length} package${unfinished.length === 1 ? ' is' : 's are'} not fully installed${which}.`,
      'kintsugi patch',
    );
  }
  for (const holder of holders) add('locked', false, describeHolder(holder));
  for (const { id, alive, noted } of runs) {
    if (alive) add('locked', false, `A run of Kintsugi (${id}) is at work now; the last it noted: ${noted}.`);
    else
      add(
        'run-interrupted',
        false,
        `A run of Kintsugi (${id}) was interrupted; the last it noted: ${noted}.`,
        'kintsugi patch',
      );
  }
  const other = seen.facts.get('other_patcher');
  if (other) add('other-patcher', false, `${other} installs updates on this machine by itself as well.`);
  return problems;
}

/** A run without an end: its id, whether it is alive, and the last line of its journal (time and event). */
function parseRun(line: string): { id: string; alive: boolean; noted: string } {
  const [id = '', alive, time = '', ...event] = line.split('\t');
  return { id, alive: alive === '1', noted: `${event.join(' ').trim().slice(0, 80)}, ${time}` };
}

function lines(sections: ReadonlyMap<string, Section>, name: string): string[] {
  return (sections.get(name)?.text ?? '').split('\n').filter((line) => line !== '');
}

function firstError(text: string): string {
  const all = text.split('\n').filter((line) => line.trim() !== '');
  return (all.find((line) => line.startsWith('E: ')) ?? all[0] ?? 'it said nothing').slice(0, 500);
}
