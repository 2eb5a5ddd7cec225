import type { Lookup, StoredParameter } from '../../core/documents/references.ts';
import type { Call } from '../call.ts';
import { findVersion } from '../parameter-store/find.ts';
import { readReference } from '../parameter-store/names.ts';

/** Parameter Store for the references `{{ssm:name}}` of documents. The value of a SecureString stays sealed. */
export function storedParameters(call: Call): Lookup {
  return async (names) => {
    const found = new Map<string, StoredParameter>();
    for (const name of names) {
      const reference = readReference(call, name);
      const version = reference === null ? null : await findVersion(call, reference);
      if (version === null) continue;
      const value = version.type === 'SecureString' ? '' : version.value.toString();
      found.set(name, { type: version.type, value });
    }
    return found;
  };
}
