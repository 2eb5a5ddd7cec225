import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { awsFailure } from './aws-failure.ts';
import type { AwsService } from './services.ts';

/** What S3 says no to, or could not be asked; the message is for whoever wrote the state machine. */
export class ObjectFault extends Error {}

export interface ListedObject {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  readonly storageClass: string;
  readonly lastModified: Date;
}

/** Objects of S3 in one region, with the credentials and the endpoint of the server's environment. */
export interface ObjectStore {
  /** The bytes as they come. Throws ObjectFault, also while they come. */
  read(
    place: { readonly bucket: string; readonly key: string; readonly versionId: string | null },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** In the order of their keys. Throws ObjectFault. */
  list(bucket: string, prefix: string, signal: AbortSignal): AsyncIterable<ListedObject>;
  /** In place of what was there. Throws ObjectFault. */
  write(place: { readonly bucket: string; readonly key: string }, body: Uint8Array, signal: AbortSignal): Promise<void>;
  close(): void;
}

const SERVICE: AwsService = { client: '@aws-sdk/client-s3', errors: 'S3', generic: 'S3Exception' };
const PAGE = 1000;

/** `hasPaths`: buckets are in the path, as every S3 that is not Amazon's takes them. */
export function openObjects(region: string, { hasPaths }: { readonly hasPaths: boolean }): ObjectStore {
  const client = new S3Client({
    region,
    forcePathStyle: hasPaths,
    maxAttempts: 3,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return {
    async *read({ bucket, key, versionId }, abortSignal) {
      const version = versionId === null ? {} : { VersionId: versionId };
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...version }), {
          abortSignal,
        });
        if (Body === undefined) return;
        yield* Body as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw faultOf(error);
      }
    },
    async *list(bucket, prefix, abortSignal) {
      for (let token: string | undefined, isMore = true; isMore; isMore = token !== undefined) {
        const asked = { Bucket: bucket, Prefix: prefix, MaxKeys: PAGE, ContinuationToken: token };
        const page = await client.send(new ListObjectsV2Command(asked), { abortSignal }).catch((error: unknown) => {
          throw faultOf(error);
        });
        for (const { Key = '', ETag = '', Size = 0, StorageClass = 'STANDARD', LastModified } of page.Contents ?? []) {
          const lastModified = LastModified ?? new Date(0);
          yield { key: Key, etag: ETag, size: Size, storageClass: StorageClass, lastModified };
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      }
    },
    async write({ bucket, key }, body, abortSignal) {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' });
      await client.send(command, { abortSignal }).catch((error: unknown) => {
        throw faultOf(error);
      });
    },
    close: () => client.destroy(),
  };
}

function faultOf(error: unknown): Error {
  if (error instanceof Error && error.name === 'AbortError') return error;
  const modelled = new Set(error instanceof S3ServiceException ? [error.name] : []);
  return new ObjectFault(awsFailure(SERVICE, modelled, error).cause);
}
