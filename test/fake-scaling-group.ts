import type { AwsOutcome } from '../src/clouds/aws/call-aws.ts';
import type { Json } from '../src/core/states-language/json.ts';
import type { Answering } from './play-with-aws.ts';

/** A node's record: the counts of what `DescribeInstancePatchStates` tells, none where it is not given. */
export interface FakePatches {
  readonly missing: number;
  readonly scannedDaysAgo: number;
  /** Members of InstancePatchState over those that these two make; null: left out. */
  readonly more?: Readonly<Record<string, Json>>;
}

export interface FakeInstance {
  readonly id: string;
  /** Days since its launch. */
  readonly age: number;
  /** What Systems Manager knows of it; null: nothing. */
  readonly patches: FakePatches | null;
  readonly protected?: boolean;
  readonly standby?: boolean;
}

/** An Auto Scaling group in memory that replaces what is terminated, a look later. */
export interface FakeScalingGroup {
  readonly answer: Answering;
  /** Ids, in the order in which they were terminated. */
  readonly terminated: string[];
  readonly tags: Map<string, string>;
  /** The fewest that were in service at any moment. */
  fewest(): number;
}

const DAY = 86_400_000;

export function fakeScalingGroup(
  now: Date,
  instances: readonly FakeInstance[],
  { neverWhole = false, suspended = [] as readonly string[] } = {},
): FakeScalingGroup {
  let members = [...instances];
  let pending = 0;
  let fewest = members.length;
  let made = 0;
  const terminated: string[] = [];
  const tags = new Map<string, string>();
  const date = (days: number) => new Date(now.getTime() - days * DAY).toISOString();
  const group = (): Json => {
    const shown = members.map((one) => ({
      InstanceId: one.id,
      LifecycleState: one.standby ? 'Standby' : 'InService',
      HealthStatus: 'Healthy',
      ProtectedFromScaleIn: one.protected === true,
    }));
    const SuspendedProcesses = suspended.map((ProcessName) => ({ ProcessName }));
    const wanted = instances.filter(({ standby }) => !standby).length;
    const told = { DesiredCapacity: wanted, Instances: shown, SuspendedProcesses };
    if (!neverWhole) {
      for (; pending > 0; pending -= 1) {
        made += 1;
        members.push({ id: `i-new-${made}`, age: 0, patches: null });
      }
    }
    return { AutoScalingGroups: [told] };
  };
  const answers: Readonly<Record<string, (input: { readonly [key: string]: Json }) => Json>> = {
    describeAutoScalingGroups: group,
    describeInstances: ({ InstanceIds }) => {
      const found = members.filter(({ id }) => (InstanceIds as string[]).includes(id));
      const Instances = found.map(({ id, age }) => ({
        InstanceId: id,
        LaunchTime: date(age),
        Tags: tags.has(id) ? [{ Key: 'kintsugi:non-compliant-since', Value: tags.get(id) ?? '' }] : [],
      }));
      return { Reservations: Instances.map((one) => ({ Instances: [one] })) };
    },
    describeInstancePatchStates: ({ InstanceIds }) => ({
      InstancePatchStates: members.flatMap(({ id, patches }) => {
        if (patches === null || !(InstanceIds as string[]).includes(id)) return [];
        const { missing, scannedDaysAgo, more = {} } = patches;
        const at = date(scannedDaysAgo);
        const whole: Readonly<Record<string, Json>> = {
          ...{ InstanceId: id, MissingCount: missing, FailedCount: 0, OtherNonCompliantCount: missing },
          ...{ Operation: 'Scan', OperationStartTime: at, OperationEndTime: at, ...more },
        };
        return [Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== null))];
      }),
    }),
    createTags: ({ Resources, Tags }) => {
      for (const id of Resources as string[]) tags.set(id, (Tags as { Value: string }[])[0]?.Value ?? '');
      return {};
    },
    deleteTags: ({ Resources }) => {
      for (const id of Resources as string[]) tags.delete(id);
      return {};
    },
    terminateInstanceInAutoScalingGroup: ({ InstanceId }) => {
      terminated.push(InstanceId as string);
      members = members.filter(({ id }) => id !== InstanceId);
      fewest = Math.min(fewest, members.filter(({ standby }) => !standby).length);
      pending += 1;
      return {};
    },
  };
  const answer: Answering = async ({ resource, input }): Promise<AwsOutcome> => {
    const { InstanceId } = input as { InstanceId?: string };
    if (InstanceId !== undefined && !members.some(({ id }) => id === InstanceId))
      return { ok: false, error: 'AutoScaling.AutoScalingException', cause: 'No managed instance found' };
    const act = answers[resource.split(':').at(-1) ?? ''];
    if (act === undefined) throw new Error(`nobody asked for ${resource}`);
    return { ok: true, output: act(input as { readonly [key: string]: Json }) as never };
  };
  return { answer, terminated, tags, fewest: () => fewest };
}
