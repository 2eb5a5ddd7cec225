import type { Answer } from './query-call.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the emulator's Systems Manager lacks: managed nodes that come online, and what is known of their patches. */
export class SystemsManagerFront {
  /** PingStatus of every node; null: none is managed. */
  ping: string | null = 'Online';
  /** What a scan finds on a node; null: nothing is known of it. */
  patches: (node: string) => Json | null = () => ({ MissingCount: 0, FailedCount: 0, InstalledPendingRebootCount: 0 });
  /** The clock of its nodes. */
  now = new Date();
  /** The operation that each node was last asked for. */
  readonly #operations = new Map<string, string>();

  /** Null for an action that the emulator has. */
  answer(action: string, body: string): Answer | null {
    if (action === 'SendCommand') {
      this.#note(JSON.parse(body) as Json);
      return null;
    }
    if (action === 'DescribeInstanceInformation')
      return json({ InstanceInformationList: this.#managed(JSON.parse(body)) });
    if (action !== 'DescribeInstancePatchStates') return null;
    const { InstanceIds } = JSON.parse(body) as { InstanceIds: string[] };
    const at = this.now.getTime() / 1000;
    const states = InstanceIds.flatMap((id) => {
      const patches = this.patches(id);
      const Operation = this.#operations.get(id) ?? 'Scan';
      return patches === null
        ? []
        : [
            {
              InstanceId: id,
              PatchGroup: '',
              BaselineId: 'pb-0',
              ...{ Operation, OperationStartTime: at, OperationEndTime: at },
              ...patches,
            },
          ];
    });
    return json({ InstancePatchStates: states });
  }

  #note(command: Json): void {
    const { Operation } = (command.Parameters ?? {}) as { Operation?: string[] };
    for (const id of (command.InstanceIds ?? []) as string[]) this.#operations.set(id, Operation?.[0] ?? 'Scan');
  }

  #managed({ Filters }: { Filters?: { Values: string[] }[] }): Json[] {
    const { ping } = this;
    return ping === null ? [] : (Filters?.[0]?.Values ?? []).map((InstanceId) => ({ InstanceId, PingStatus: ping }));
  }
}

function json(value: Json): Answer {
  return { status: 200, type: 'application/x-amz-json-1.1', body: JSON.stringify(value) };
}
