import type { FleetNumbers } from '../control/fleet-numbers.ts';

/** How long numbers are shown again: however many scrape, the store is asked this seldom. */
const KEPT_MS = 5000;

/**
 * The fleet's numbers as Prometheus reads them. Where the store cannot be asked only `kintsugi_fleet_up 0` is told: old
 * numbers would look like news.
 */
export function createFleetMetrics(ask: () => Promise<FleetNumbers>, clock: () => number): () => Promise<string> {
  let kept: { text: Promise<string>; until: number } | null = null;
  return () => {
    if (kept === null || clock() >= kept.until) {
      const text = ask().then(
        (numbers) => textOf(numbers),
        () => gauge('kintsugi_fleet_up', 'Whether the store answered with the numbers of the fleet.', [['', 0]]),
      );
      kept = { text, until: clock() + KEPT_MS };
    }
    return kept.text;
  };
}

type Sample = readonly [labels: string, value: number];

function textOf(numbers: FleetNumbers): string {
  const by = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
    Object.entries(counts).map(([name, count]) => [`{${label}="${name}"}`, count]);
  /** A gauge without a sample where there is nothing whose age could be told. */
  const age = (seconds: number | null): Sample[] => (seconds === null ? [] : [['', Math.max(0, seconds)]]);
  return [
    gauge('kintsugi_fleet_up', 'Whether the store answered with the numbers of the fleet.', [['', 1]]),
    gauge('kintsugi_nodes', 'Managed nodes by ping status.', by('ping_status', numbers.nodes)),
    gauge(
      'kintsugi_patch_compliance_nodes',
      'Managed nodes by patch compliance; evidence that is old or missing is UNKNOWN.',
      by('status', numbers.patchCompliance),
    ),
    gauge('kintsugi_nodes_never_scanned', 'Managed nodes without any scan.', [['', numbers.neverScanned]]),
    gauge(
      'kintsugi_oldest_scan_age_seconds',
      'Age of the oldest among the last scans of all nodes.',
      age(numbers.oldestScanAge),
    ),
    gauge(
      'kintsugi_unfinished_commands',
      'Commands that are not over, by state.',
      by('state', numbers.unfinishedCommands),
    ),
    gauge(
      'kintsugi_oldest_unfinished_command_age_seconds',
      'Age of the oldest command that is not over.',
      age(numbers.oldestUnfinishedCommandAge),
    ),
  ].join('');
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}
