/** Upper bounds in seconds; the last ones are for long polls. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];

export interface Observation {
  readonly service: string;
  readonly operation: string;
  /** `ok`, or the error's code. */
  readonly code: string;
  readonly seconds: number;
}

export interface Metrics {
  observe(observation: Observation): void;
  /** The text that Prometheus scrapes: https://prometheus.io/docs/instrumenting/exposition_formats/ */
  text(): string;
}

interface Histogram {
  readonly labels: string;
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Labels come from the tables of services, operations and error codes, so that no caller makes new ones. */
export function createMetrics(): Metrics {
  const requests = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  return {
    observe({ service, operation, code, seconds }) {
      const labels = `service="${service}",operation="${operation}"`;
      const request = `{${labels},code="${code}"}`;
      requests.set(request, (requests.get(request) ?? 0) + 1);
      const histogram = durations.get(labels) ?? { labels, counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
      durations.set(labels, histogram);
      const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
      if (bucket >= 0) histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
      histogram.sum += seconds;
      histogram.count += 1;
    },
    text: () => `${[requestLines(requests), durationLines(durations), processLines()].flat().join('\n')}\n`,
  };
}

function requestLines(requests: ReadonlyMap<string, number>): string[] {
  const name = 'kintsugi_requests_total';
  const lines = [...requests].map(([labels, count]) => `${name}${labels} ${count}`);
  return [`# HELP ${name} Requests by service, operation and result.`, `# TYPE ${name} counter`, ...lines];
}

function durationLines(durations: ReadonlyMap<string, Histogram>): string[] {
  const name = 'kintsugi_request_duration_seconds';
  const lines = [...durations.values()].flatMap(({ labels, counts, sum, count }) => {
    let below = 0;
    const buckets = BUCKETS.map((bound, index) => {
      below += counts[index] ?? 0;
      return `${name}_bucket{${labels},le="${bound}"} ${below}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${labels},le="+Inf"} ${count}`,
      `${name}_sum{${labels}} ${sum}`,
      `${name}_count{${labels}} ${count}`,
    ];
  });
  return [`# HELP ${name} Time to answer a request.`, `# TYPE ${name} histogram`, ...lines];
}

function processLines(): string[] {
  const { rss, heapUsed } = process.memoryUsage();
  const gauge = (name: string, help: string, value: number) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    `${name} ${value}`,
  ];
  return [
    ...gauge('process_resident_memory_bytes', 'Resident memory of the server.', rss),
    ...gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', heapUsed),
    ...gauge(
      'process_start_time_seconds',
      'Start of the server, in seconds since 1970.',
      Math.round(Date.now() / 1000 - process.uptime()),
    ),
  ];
}
