import { KintsugiError } from '../../core/errors.ts';
import { type FetchLimits, fetchText } from '../web/fetch-text.ts';
import { type S3Credentials, signedGet } from './signed-get.ts';

/** Where objects come from, and as whom; null credentials: the server was given none. */
export interface S3Source {
  readonly credentials: S3Credentials | null;
  readonly region: string;
  /** Of an S3 that is not Amazon's, for path-style addresses; null: Amazon's. */
  readonly endpoint: string | null;
}

/** From the environment that the SDKs of AWS read; `AWS_ENDPOINT_URL_S3` alone counts, for the other one may be this server. */
export function s3FromEnvironment(env: NodeJS.ProcessEnv, region: string): S3Source {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const isThere = accessKeyId && secretAccessKey;
  return {
    credentials: isThere ? { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || null } : null,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || region,
    endpoint: env.AWS_ENDPOINT_URL_S3 || null,
  };
}

/**
 * The text of `s3://bucket/key`. Throws KintsugiError FetchRefused without credentials and for a bucket that S3 could
 * not have, and what `fetchText` throws. The endpoint is the operator's own, so that its address may be private.
 */
export async function fetchObject(address: string, source: S3Source, limits: FetchLimits, now: Date): Promise<string> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(address) ?? [];
  if (bucket === undefined || key === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new KintsugiError('FetchRefused', 'The address is not s3://BUCKET/KEY with a name that S3 gives to buckets.');
  const { credentials, region, endpoint } = source;
  if (credentials === null) {
    const text = `s3://${bucket}/… is not fetched: the server was started without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
    throw new KintsugiError('FetchRefused', text, {
      advice: 'Start the server with credentials that may read the bucket, or give an https address.',
    });
  }
  if (!/^[a-z0-9-]{1,64}$/.test(region)) throw new KintsugiError('FetchRefused', 'The region of S3 is none.');
  // A certificate of Amazon's covers no bucket with a dot in its name: those go by their path.
  const hasHost = endpoint === null && !bucket.includes('.');
  const origin = endpoint?.replace(/\/+$/, '') ?? `https://${hasHost ? `${bucket}.` : ''}s3.${region}.amazonaws.com`;
  if (!URL.canParse(origin) || new URL(origin).pathname !== '/')
    throw new KintsugiError('FetchRefused', 'AWS_ENDPOINT_URL_S3 is no URL of a host.');
  const path = hasHost ? `/${key}` : `/${bucket}/${key}`;
  const { url, headers } = signedGet({ origin, path, region }, credentials, now);
  return fetchText(url, { ...limits, allowPrivate: limits.allowPrivate || endpoint !== null }, headers);
}
