import { isExpression, type Tell } from './check-value.ts';
import { isResource } from './quotas.ts';
import type { JsonObject, QueryLanguage } from './types.ts';

/** Whatever an expression can name the token by. */
const TOKEN = /\bTask\b|"\$\$"|\$states\.context\b(?!\.)|\$states(?!\.)/;
/** Integrations that some runner of ours may have; of these alone nothing is told before they run. */
const OURS = /^arn:aws[a-z-]*:states:::(?:aws-sdk:|kintsugi:|states:|http:|s3:)|:activity:/;

/** A Task's resource and its times, by AWS's rules. */
export function checkTask(state: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  const { Resource: resource, TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    tell.schema(`${at}/HeartbeatSeconds`, 'HeartbeatSeconds must be smaller than TimeoutSeconds');
  }
  if (typeof resource !== 'string' || isExpression(resource)) return;
  const place = `${at}/Resource`;
  if (!isResource(resource)) {
    tell.schema(place, 'Value is not a valid resource ARN');
    return;
  }
  if (/:aws-sdk:.*\.sync(?::2)?$/.test(resource)) {
    tell.schema(place, `The resource provided ${resource} is not recognized: aws-sdk has no .sync`);
  }
  const given = state[language === 'JSONata' ? 'Arguments' : 'Parameters'];
  const isOwn = resource.includes(':kintsugi:') || !resource.startsWith('arn:');
  if (resource.endsWith('.waitForTaskToken') && !isOwn && !TOKEN.test(JSON.stringify(given ?? null))) {
    tell.schema(at, 'A task with .waitForTaskToken must pass on the token of the context object: $$.Task.Token');
  }
  if (resource.startsWith('arn:') && !OURS.test(resource)) {
    tell.warn(place, 'RESOURCE_NOT_SERVED', `This server runs no ${resource}: its task fails when it begins`);
  }
}
