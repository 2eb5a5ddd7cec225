import type { Facts } from './facts.ts';
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';
import type { StateFolder } from './state-folder.ts';

/** What everything that the agent does needs of the node that it runs on. */
export interface Host {
  readonly instanceId: string;
  readonly region: string;
  readonly facts: Facts;
  readonly folder: StateFolder;
  readonly session: Session;
  readonly outbox: Outbox;
  readonly now: () => Date;
  readonly random: () => number;
  readonly log: (line: string) => void;
}
