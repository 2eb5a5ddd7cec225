import { elements, inside, type Query, query, texts } from './query-call.ts';

/** A fault of Auto Scaling by the code that stands in its answer. */
export class ScalingFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Refresh {
  readonly id: string;
  readonly group: string;
  readonly template: string;
  readonly from: string;
  readonly to: string;
  readonly preferences: Readonly<Record<string, string>>;
  status: string;
  reason: string;
  /** How many instances are still to be replaced, and how many there are. */
  left: number;
  total: number;
  /** Instances that it has launched or found good. */
  readonly done: Set<string>;
}

const RUNNING = new Set(['Pending', 'InProgress', 'Baking', 'Cancelling', 'RollbackInProgress']);

/**
 * Instance refreshes over the groups of an emulator that has none. Time passes by being looked at: each Describe is one
 * step, and a step replaces one instance.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
 */
export class InstanceRefreshes {
  /** Versions whose instances never get healthy. */
  readonly broken = new Set<string>();
  /** Versions whose instances fall ill once the refresh is over. */
  readonly sick = new Set<string>();
  /** Groups whose refreshes stand still once they are in progress. */
  readonly held = new Set<string>();
  readonly #url: string;
  readonly #versions = new Map<string, string>();
  readonly #refreshes: Refresh[] = [];
  #count = 0;

  constructor(url: string) {
    this.#url = url;
  }

  async start(region: string, members: Query): Promise<string> {
    const group = members.AutoScalingGroupName ?? '';
    if (this.#last(group, RUNNING) !== undefined)
      throw new ScalingFault('InstanceRefreshInProgress', 'An Instance Refresh is already in progress');
    const { template, version } = await this.#group(region, group);
    const preferences = Object.fromEntries(
      Object.entries(members)
        .filter(([name]) => name.startsWith('Preferences.'))
        .map(([name, value]) => [name.slice('Preferences.'.length), value]),
    );
    if (preferences.AutoRollback === 'true' && version.startsWith('$'))
      throw new ScalingFault('ValidationError', 'AutoRollback cannot be used with $Latest or $Default.');
    this.#count += 1;
    const id = `refresh-${this.#count}`;
    const to = members['DesiredConfiguration.LaunchTemplate.Version'] ?? version;
    const refresh = { id, group, template, from: version, to, preferences, reason: '', done: new Set<string>() };
    const { instances } = await this.#group(region, group);
    const left = instances.filter(({ own }) => own !== to).length;
    this.#refreshes.unshift({ ...refresh, left, total: instances.length, status: 'Pending' });
    return `<InstanceRefreshId>${id}</InstanceRefreshId>`;
  }

  async describe(region: string, members: Query): Promise<string> {
    const group = members.AutoScalingGroupName ?? '';
    const running = this.#last(group, RUNNING);
    if (running !== undefined) await this.#step(region, running);
    const wanted = members['InstanceRefreshIds.member.1'];
    const found = this.#refreshes.filter((one) => one.group === group && (wanted === undefined || one.id === wanted));
    const shown = found.slice(0, Number(members.MaxRecords ?? '50')).map(written);
    return `<InstanceRefreshes>${shown.join('')}</InstanceRefreshes>`;
  }

  rollback(members: Query): string {
    const refresh = this.#last(members.AutoScalingGroupName ?? '', new Set(['Pending', 'InProgress', 'Baking']));
    if (refresh === undefined) throw new ScalingFault('ActiveInstanceRefreshNotFound', 'No refresh is in progress.');
    if (refresh.from.startsWith('$'))
      throw new ScalingFault('IrreversibleInstanceRefresh', 'The group does not name a version.');
    refresh.status = 'RollbackInProgress';
    return `<InstanceRefreshId>${refresh.id}</InstanceRefreshId>`;
  }

  cancel(members: Query): string {
    const refresh = this.#last(members.AutoScalingGroupName ?? '', RUNNING);
    if (refresh === undefined) throw new ScalingFault('ActiveInstanceRefreshNotFound', 'No refresh is in progress.');
    refresh.status = 'Cancelling';
    return `<InstanceRefreshId>${refresh.id}</InstanceRefreshId>`;
  }

  /** The emulator's answer with the version that each instance was launched from, and with who is ill. */
  async told(region: string, xml: string): Promise<string> {
    const groups = inside(xml, 'AutoScalingGroups');
    const version = texts(groups, 'Version')[0];
    if (version === undefined) return xml;
    const template = texts(groups, 'LaunchTemplateId')[0] ?? '';
    const number = await this.#number(region, template, version);
    return xml.replaceAll(/<member><InstanceId>(?:(?!<\/member>)[\s\S])*<\/member>/g, (member) => {
      const id = texts(member, 'InstanceId')[0] ?? '';
      const own = this.#versions.get(id) ?? number;
      this.#versions.set(id, own);
      const isSick = this.sick.has(own) || this.broken.has(own);
      const health = isSick ? 'Unhealthy' : texts(member, 'HealthStatus')[0];
      return member
        .replace(/<Version>[^<]*<\/Version>/, `<Version>${own}</Version>`)
        .replace(/<HealthStatus>[^<]*<\/HealthStatus>/, `<HealthStatus>${health}</HealthStatus>`);
    });
  }

  #last(group: string, statuses: ReadonlySet<string>): Refresh | undefined {
    return this.#refreshes.find((one) => one.group === group && statuses.has(one.status));
  }

  async #step(region: string, refresh: Refresh): Promise<void> {
    const { status } = refresh;
    if (status === 'Pending') refresh.status = 'InProgress';
    else if (status === 'Cancelling') refresh.status = 'Cancelled';
    else if (status === 'Baking') await this.#succeed(region, refresh);
    else if (status === 'RollbackInProgress') {
      const isBack = !(await this.#replaceOne(region, refresh, refresh.from, (own) => own === refresh.to));
      if (isBack) refresh.status = 'RollbackSuccessful';
    } else if (!this.held.has(refresh.group)) await this.#forward(region, refresh);
  }

  async #forward(region: string, refresh: Refresh): Promise<void> {
    const { preferences, to, done } = refresh;
    const isNext = (own: string, id: string) => !done.has(id) && !(preferences.SkipMatching === 'true' && own === to);
    const hasReplaced = await this.#replaceOne(region, refresh, to, isNext);
    if (hasReplaced && this.broken.has(to)) {
      refresh.reason = 'The new instance did not become healthy.';
      refresh.status = preferences.AutoRollback === 'true' ? 'RollbackInProgress' : 'Failed';
      return;
    }
    if (hasReplaced) return;
    if (Number(preferences.BakeTime ?? '0') > 0) refresh.status = 'Baking';
    else await this.#succeed(region, refresh);
  }

  async #succeed(region: string, refresh: Refresh): Promise<void> {
    await this.#pin(region, refresh, refresh.to);
    refresh.status = 'Successful';
  }

  async #replaceOne(
    region: string,
    refresh: Refresh,
    version: string,
    isNext: (own: string, id: string) => boolean,
  ): Promise<boolean> {
    const { instances } = await this.#group(region, refresh.group);
    const old = instances.find(({ id, own }) => isNext(own, id));
    if (old === undefined) return false;
    await this.#pin(region, refresh, version);
    const end = { Action: 'TerminateInstanceInAutoScalingGroup', ShouldDecrementDesiredCapacity: 'false' };
    await query(this.#url, 'autoscaling', region, { ...end, InstanceId: old.id });
    const { instances: now } = await this.#group(region, refresh.group);
    const fresh = now.find(({ id }) => !instances.some((one) => one.id === id));
    if (fresh === undefined) throw new Error('the emulator did not replace an instance');
    refresh.done.add(fresh.id);
    refresh.left = now.filter(({ id, own }) => id !== fresh.id && own !== version).length;
    await this.#pin(region, refresh, refresh.from);
    return true;
  }

  #pin(region: string, { group, template }: Refresh, version: string): Promise<string> {
    return query(this.#url, 'autoscaling', region, {
      Action: 'UpdateAutoScalingGroup',
      AutoScalingGroupName: group,
      'LaunchTemplate.LaunchTemplateId': template,
      'LaunchTemplate.Version': version,
    });
  }

  async #group(region: string, group: string) {
    const members = { Action: 'DescribeAutoScalingGroups', 'AutoScalingGroupNames.member.1': group };
    const xml = await this.told(region, await query(this.#url, 'autoscaling', region, members));
    const rest = inside(xml, 'AutoScalingGroups').replace(/<Instances>[\s\S]*<\/Instances>/, '');
    const instances = elements(inside(xml, 'Instances'), 'member').map((member) => ({
      id: texts(member, 'InstanceId')[0] ?? '',
      own: texts(member, 'Version')[0] ?? '',
    }));
    return { template: texts(rest, 'LaunchTemplateId')[0] ?? '', version: texts(rest, 'Version')[0] ?? '', instances };
  }

  async #number(region: string, template: string, version: string): Promise<string> {
    if (/^\d+$/.test(version)) return version;
    const members = { Action: 'DescribeLaunchTemplateVersions', LaunchTemplateId: template };
    const xml = await query(this.#url, 'ec2', region, { ...members, 'LaunchTemplateVersion.1': version });
    return texts(xml, 'versionNumber')[0] ?? version;
  }
}

function written({ id, group, template, to, status, reason, left, total }: Refresh): string {
  const said = reason === '' ? '' : `<StatusReason>${reason}</StatusReason>`;
  const launch = `<LaunchTemplate><LaunchTemplateId>${template}</LaunchTemplateId><Version>${to}</Version></LaunchTemplate>`;
  const percent = total === 0 ? 100 : Math.round(((total - left) / total) * 100);
  const far = `<PercentageComplete>${percent}</PercentageComplete><InstancesToUpdate>${left}</InstancesToUpdate>`;
  return `<member><InstanceRefreshId>${id}</InstanceRefreshId><AutoScalingGroupName>${group}</AutoScalingGroupName><Status>${status}</Status>${said}${far}<DesiredConfiguration>${launch}</DesiredConfiguration></member>`;
}
