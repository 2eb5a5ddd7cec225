import { constants, createHash, sign as rsaSign } from 'node:crypto';
import type { Identity, Wire } from './fake-agent.ts';
import { type Credentials, sign } from './sign.ts';

const MESSAGES = new Set(['GetMessages', 'AcknowledgeMessage', 'SendReply', 'FailMessage', 'DeleteMessage']);

/**
 * An agent's requests over HTTP, signed as amazon-ssm-agent signs them: with the node's own RSA key where that is the
 * proof, else with the temporary credentials that it fetches when it has none. Throws `code: message` of an error.
 */
export function httpWire(url: string, region: string): Wire {
  const credentials = new Map<string, Credentials>();
  const wire: Wire = {
    ask: async (operation, input, proof, who) => {
      const service = MESSAGES.has(operation) ? 'ec2messages' : 'ssm';
      const prefix = service === 'ssm' ? 'AmazonSSM' : 'EC2WindowsMessageDeliveryService';
      const body = JSON.stringify(input);
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        host: new URL(url).host,
        'x-amz-target': `${prefix}.${operation}`,
      };
      let signed: Record<string, string> = headers;
      if (proof === 'key') signed = signWithKey(headers, body, who, region);
      if (proof === 'credentials') {
        const own = credentials.get(who.instanceId) ?? (await fetchCredentials(wire, who));
        credentials.set(who.instanceId, own);
        signed = sign({ method: 'POST', url: '/', headers, body }, own, { service, region, now: new Date() });
      }
      const response = await fetch(url, { method: 'POST', headers: signed, body });
      const answer = (await response.json()) as Record<string, unknown>;
      if (!response.ok) throw new Error(`${answer.__type}: ${answer.Message ?? answer.message}`);
      return answer;
    },
  };
  return wire;
}

async function fetchCredentials(wire: Wire, who: Identity): Promise<Credentials> {
  const told = await wire.ask('RequestManagedInstanceRoleToken', { Fingerprint: who.fingerprint }, 'key', who);
  return {
    accessKeyId: String(told.AccessKeyId),
    secretAccessKey: String(told.SecretAccessKey),
    sessionToken: String(told.SessionToken),
  };
}

/** The string to sign of signature version 4, signed with RSA-PSS, SHA-256 and a salt of 32 bytes. */
function signWithKey(given: Record<string, string>, body: string, who: Identity, region: string) {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = { ...given, 'x-amz-date': stamp };
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = `POST\n/\n\n${lines}\n${names.join(';')}\n${sha256(body)}`;
  const scope = `${stamp.slice(0, 8)}/${region}/ssm/aws4_request`;
  const text = Buffer.from(`AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(canonical)}`);
  const key = { key: who.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signature = rsaSign('sha256', text, key).toString('base64');
  const credential = `Credential=${who.instanceId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}
