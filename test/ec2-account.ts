import { authorization, elements, inside, query, texts } from './query-call.ts';

/** What there is in an account, as a test looks at it from outside. */
export interface Ec2Account {
  readonly region: string;
  ask(service: string, members: Readonly<Record<string, string>>): Promise<string>;
  /** Ids of the instances that are not terminated. */
  instances(): Promise<string[]>;
  /** Ids of the images of this account. */
  images(): Promise<string[]>;
  snapshots(): Promise<string[]>;
  group(name: string): Promise<Group>;
  defaultVersion(template: string): Promise<string>;
  parameter(name: string): Promise<string | null>;
  putParameter(name: string, value: string): Promise<void>;
  /** Also where there is none. */
  deleteParameter(name: string): Promise<void>;
}

export interface Group {
  readonly version: string;
  readonly wanted: number;
  readonly members: readonly { readonly id: string; readonly version: string }[];
}

export function ec2Account(url: string, region: string): Ec2Account {
  const ask = (service: string, members: Readonly<Record<string, string>>) => query(url, service, region, members);
  return {
    region,
    ask,
    instances: async () =>
      elements(inside(await ask('ec2', { Action: 'DescribeInstances' }), 'reservationSet'), 'instancesSet')
        .filter((one) => texts(inside(one, 'instanceState'), 'name')[0] !== 'terminated')
        .flatMap((one) => texts(one, 'instanceId')),
    images: async () => texts(await ask('ec2', { Action: 'DescribeImages', 'Owner.1': 'self' }), 'imageId'),
    snapshots: async () => texts(await ask('ec2', { Action: 'DescribeSnapshots' }), 'snapshotId'),
    group: async (name) => {
      const members = { Action: 'DescribeAutoScalingGroups', 'AutoScalingGroupNames.member.1': name };
      const xml = inside(await ask('autoscaling', members), 'AutoScalingGroups');
      return {
        version: texts(xml.replace(/<Instances>[\s\S]*<\/Instances>/, ''), 'Version')[0] ?? '',
        wanted: Number(texts(xml, 'DesiredCapacity')[0]),
        members: elements(inside(xml, 'Instances'), 'member').map((one) => ({
          id: texts(one, 'InstanceId')[0] ?? '',
          version: texts(one, 'Version')[0] ?? '',
        })),
      };
    },
    defaultVersion: async (template) => {
      const xml = await ask('ec2', { Action: 'DescribeLaunchTemplates', 'LaunchTemplateId.1': template });
      return texts(xml, 'defaultVersionNumber')[0] ?? '';
    },
    parameter: async (name) => {
      const response = await systemsManager(url, region, 'GetParameter', { Name: name });
      if (response.status === 400) return null;
      return ((await response.json()) as { Parameter: { Value: string } }).Parameter.Value;
    },
    putParameter: async (name, value) => {
      const response = await systemsManager(url, region, 'PutParameter', { Name: name, Value: value, Type: 'String' });
      if (!response.ok) throw new Error(await response.text());
    },
    deleteParameter: async (name) => {
      const response = await systemsManager(url, region, 'DeleteParameter', { Name: name });
      await response.arrayBuffer();
    },
  };
}

function systemsManager(url: string, region: string, action: string, members: object): Promise<Response> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AmazonSSM.${action}`,
    authorization: authorization('ssm', region),
  };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(members) });
}
