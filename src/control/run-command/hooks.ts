import { AwsError } from '../../core/aws-error.ts';
import { executionSeconds } from '../../core/documents/deadline.ts';
import { RUN_DOCUMENT } from '../../core/documents/nested.ts';
import type { ParameterValues } from '../../core/documents/resolve.ts';
import { substitute } from '../../core/documents/substitute.ts';
import type { SsmDocument } from '../../core/documents/types.ts';
import type { RenderedDocument } from '../../store/schema/commands.ts';
import type { PreparedDocument } from './document-source.ts';
import type { Nested } from './nested-documents.ts';

type Hooked = Pick<PreparedDocument, 'content' | 'executionSeconds' | 'hooks'>;

/**
 * The documents that the steps of a led document run, found, checked and rendered now: a hook that cannot run must be
 * told to who sends the command, and not to a node in the middle of its patching. Throws InvalidDocument,
 * InvalidDocumentVersion, InvalidDocumentContent and InvalidParameters.
 */
export async function withHooks(nested: Nested, document: SsmDocument, values: ParameterValues): Promise<Hooked> {
  const hooks: Record<string, RenderedDocument> = {};
  for (const step of document.steps.filter(({ action }) => action === RUN_DOCUMENT)) {
    const path = String(substitute(step.inputs.documentPath ?? '', values));
    const [, name = path, version] = /^(.*):(\d+|\$LATEST|\$DEFAULT)$/.exec(path) ?? [];
    const found = await nested.find(name, version);
    const resolution = await found.resolve({});
    if (!resolution.ok) throw new AwsError('InvalidParameters', `${step.name}: ${resolution.message}`);
    const ready = await nested.expand(found.view, found.name, found.document, resolution.values);
    hooks[step.name] = {
      name: found.name,
      content: ready.document.content,
      parameters: Object.fromEntries(ready.values),
      executionSeconds: executionSeconds(ready.document, ready.values),
    };
  }
  const own = { steps: document.steps.filter(({ action }) => action !== RUN_DOCUMENT) };
  const seconds = Object.values(hooks).reduce((sum, hook) => sum + hook.executionSeconds, 0);
  return { content: document.content, hooks, executionSeconds: executionSeconds(own, values) + seconds };
}
