/** Calls of AWS's query protocol without an SDK, and what tests read of their answers. */

/** The members of a call as they stand in its body: `Action`, `InstanceId.1`. */
export type Query = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Who asks, as an emulator that checks no signature reads it. */
export function authorization(service: string, region: string): string {
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

const VERSIONS: Readonly<Record<string, string>> = { ec2: '2016-11-15', autoscaling: '2011-01-01' };

/** Throws what the service complained of. */
export async function query(url: string, service: string, region: string, members: Query): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: authorization(service, region),
    },
    body: new URLSearchParams({ Version: VERSIONS[service] ?? '', ...members }).toString(),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${members.Action}: ${body}`);
  return body;
}

/** The texts of all elements of a name. */
export function texts(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => match[1] ?? '');
}

/** The insides of all elements of a name that hold no element of the same name. */
export function elements(xml: string, name: string): string[] {
  const inner = new RegExp(`<${name}>((?:(?!<${name}>)[\\s\\S])*?)</${name}>`, 'g');
  return [...xml.matchAll(inner)].map((match) => match[1] ?? '');
}

/** What is inside the first element of a name, to its last end. */
export function inside(xml: string, name: string): string {
  return new RegExp(`<${name}>([\\s\\S]*)</${name}>`).exec(xml)?.[1] ?? '';
}
