import { parseDefinition } from '../../core/states-language/definition/parse.ts';
import type { Diagnostic } from '../../core/states-language/definition/types.ts';

/** What a valid definition asks of this server that it cannot do now: warnings, because that may change. */
export async function warnOfResources(
  definition: string,
  warn: (resource: string) => Promise<string | null>,
): Promise<Diagnostic[]> {
  const warnings: Diagnostic[] = [];
  for (const { states } of parseDefinition(definition).machines) {
    for (const { name, type, fields } of states.values()) {
      const message = type === 'Task' ? await warn(String(fields.Resource)) : null;
      if (message === null) continue;
      warnings.push({
        severity: 'WARNING',
        code: 'RESOURCE_NOT_AVAILABLE',
        message,
        location: `/States/${name}/Resource`,
      });
    }
  }
  return warnings;
}
