import { notAllowed } from './faults.ts';
import { shippedDocuments } from './shipped.ts';

/** For the operations that change a document: those that come with the program are read-only. */
export function refuseShipped(name: string, code = 'InvalidDocumentOperation'): void {
  if (shippedDocuments().has(name))
    throw notAllowed(`Document ${name} is owned by Amazon and cannot be changed.`, code);
}
