import type { DeleteDocumentRequest } from '@aws-sdk/client-ssm';
import type { Call, Operations } from '../call.ts';
import { CreateDocument } from './create.ts';
import { deleteDocument, type IsAssociated } from './delete.ts';
import { ListDocuments } from './list.ts';
import { ListDocumentMetadataHistory, UpdateDocumentMetadata } from './metadata.ts';
import { DescribeDocumentPermission, ModifyDocumentPermission } from './permissions.ts';
import { DescribeDocument, GetDocument, ListDocumentVersions } from './read.ts';
import { UpdateDocument, UpdateDocumentDefaultVersion } from './update.ts';

/** The twelve operations of documents. `isAssociated` belongs to the owner of the associations. */
export function documentOperations({ isAssociated }: { isAssociated: IsAssociated }): Operations {
  return {
    CreateDocument,
    UpdateDocument,
    UpdateDocumentDefaultVersion,
    UpdateDocumentMetadata,
    DescribeDocument,
    DescribeDocumentPermission,
    GetDocument,
    ListDocuments,
    ListDocumentVersions,
    ListDocumentMetadataHistory,
    ModifyDocumentPermission,
    DeleteDocument: (call: Call, input: DeleteDocumentRequest) => deleteDocument(call, input, isAssociated),
  };
}
