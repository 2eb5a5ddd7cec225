import { AwsError } from '../../core/aws-error.ts';
import { type Expanded, expandNested, type FoundDocument } from '../../core/documents/nested.ts';
import type { Lookup } from '../../core/documents/references.ts';
import {
  type GivenParameters,
  type ParameterValues,
  type Resolution,
  resolveParameters,
} from '../../core/documents/resolve.ts';
import type { SsmDocument } from '../../core/documents/types.ts';
import type { Call } from '../call.ts';
import { limitedPatternTest } from '../documents/pattern-test.ts';
import { documentToRun } from '../documents/run-document.ts';
import { type DocumentView, shownName } from '../documents/view.ts';

type Ready = Extract<Expanded, { ok: true }>;

/** Documents that run documents, for one call: found with what its caller may see, and put into one. */
export interface Nested {
  resolve(document: SsmDocument, name: string, given: GivenParameters): Promise<Resolution>;
  /** Throws InvalidDocumentContent and what finding a nested one throws: InvalidDocument, InvalidDocumentVersion. */
  expand(view: DocumentView, name: string, document: SsmDocument, values: ParameterValues): Promise<Ready>;
  find(name: string, version: string | undefined): Promise<FoundDocument & { view: DocumentView }>;
}

export function nesting(call: Call, lookup: Lookup): Nested {
  const resolve: Nested['resolve'] = (document, name, given) =>
    resolveParameters(document, given, { name, matches: limitedPatternTest(), lookup });
  const find: Nested['find'] = async (written, version) => {
    const { view, document } = await documentToRun(call, written, { DocumentVersion: version });
    const name = shownName(call, view);
    if (view.orchestration !== null)
      throw new AwsError(
        'InvalidDocument',
        `Document ${name} is led by the server and cannot run in another document.`,
      );
    return { view, key: keyOf(view), name, document, resolve: (given) => resolve(document, name, given) };
  };
  return {
    resolve,
    find,
    expand: async (view, name, document, values) => {
      const top = {
        key: keyOf(view),
        name,
        document,
        resolve: (given: GivenParameters) => resolve(document, name, given),
      };
      const expanded = await expandNested(top, values, { find });
      if (!expanded.ok) throw new AwsError('InvalidDocumentContent', expanded.message);
      return expanded;
    },
  };
}

function keyOf({ account, name, version }: DocumentView): string {
  return JSON.stringify([account, name, version]);
}
