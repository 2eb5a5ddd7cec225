import type { DocumentDescription, DocumentIdentifier, DocumentParameterType, Tag } from '@aws-sdk/client-ssm';
import { parameterSummaries } from '../../core/documents/describe.ts';
import { readDocument } from '../../core/documents/parse.ts';
import type { Call } from '../call.ts';
import { tagsOf } from '../tags/tags.ts';
import { reviewsOf } from './reviews.ts';
import { type DocumentView, ownerOf, shownName } from './view.ts';

/** A version as CreateDocument, UpdateDocument and DescribeDocument answer it. */
export async function describeView(call: Call, view: DocumentView): Promise<DocumentDescription> {
  const read = readDocument(view.content, view.documentFormat, view.documentType);
  const outline = read.ok ? read.value : null;
  return {
    ...identify(call, view, await ownTags(call, view)),
    Hash: view.hash,
    HashType: 'Sha256',
    Status: 'Active',
    ...(outline?.description === null || outline === null ? {} : { Description: outline.description }),
    Parameters: parameterSummaries(outline?.content ?? null).map((summary) => ({
      ...summary,
      Type: summary.Type as DocumentParameterType,
    })),
    LatestVersion: String(view.latestVersion),
    DefaultVersion: String(view.defaultVersion),
    ...(await reviewsOf(call.db, view)),
  };
}

/** The members that a list of documents and a description of one share. */
export function identify(call: Call, view: Omit<DocumentView, 'content'>, tags: Tag[]): DocumentIdentifier {
  return {
    Name: shownName(call, view),
    CreatedDate: view.createdAt,
    Owner: ownerOf(view),
    PlatformTypes: [...view.platformTypes],
    DocumentVersion: String(view.version),
    DocumentType: view.documentType as NonNullable<DocumentIdentifier['DocumentType']>,
    DocumentFormat: view.documentFormat,
    Tags: tags,
    ...(view.schemaVersion === null ? {} : { SchemaVersion: view.schemaVersion }),
    ...(view.displayName === null ? {} : { DisplayName: view.displayName }),
    ...(view.versionName === null ? {} : { VersionName: view.versionName }),
    ...(view.targetType === null ? {} : { TargetType: view.targetType }),
    ...(view.requires.length === 0 ? {} : { Requires: [...view.requires] }),
    ...(view.reviewStatus === null ? {} : { ReviewStatus: view.reviewStatus }),
    ...(view.author === null ? {} : { Author: view.author }),
  };
}

/** Tags are the owner's. */
export async function ownTags(call: Call, { account, name }: Pick<DocumentView, 'account' | 'name'>): Promise<Tag[]> {
  return account === call.account ? tagsOf(call.db, call.account, 'Document', name) : [];
}
