import type { Api } from '../lab/api.ts';

const MOST = 1000;

/** What an execution did, without what differs from one to the next: names, tokens and times. */
export async function bareHistory(states: Api, executionArn: string): Promise<object[]> {
  const { events, nextToken } = await states('GetExecutionHistory', { executionArn, maxResults: MOST });
  if (nextToken !== undefined) throw new Error(`more than ${MOST} events`);
  const name = executionArn.split(':').at(-1) ?? '';
  return events.map(({ timestamp: _, ...event }: { timestamp: unknown }) =>
    JSON.parse(
      JSON.stringify(event)
        .replaceAll(name, 'NAME')
        .replaceAll(/\b[0-9a-f]{40}\b/g, 'NESTED')
        .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, 'TIME')
        .replaceAll(/(?<=Date\\*":)[0-9.]+/g, '0'),
    ),
  );
}

/** The execution once it is over. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export async function executionEnd(states: Api, executionArn: string): Promise<any> {
  for (;;) {
    const told = await states('DescribeExecution', { executionArn });
    if (told.status !== 'RUNNING') return told;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
