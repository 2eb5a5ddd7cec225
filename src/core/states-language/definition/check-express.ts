import type { Json } from '../json.ts';
import { isObject, processorOf } from './parse.ts';
import type { JsonObject } from './types.ts';

type Say = (code: string, message: string, location: string) => void;
const CODE = 'SCHEMA_VALIDATION_FAILED';

/**
 * What no EXPRESS workflow has, nor the item processor of a Map whose children are EXPRESS: what waits for others, and
 * map runs. In AWS's words where it has been heard to say them. The definition is valid otherwise.
 * https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
 */
export function checkExpress(machine: JsonObject, isExpress: boolean, at: string, say: Say): void {
  for (const [name, value] of Object.entries(machine.States as JsonObject)) {
    const state = value as JsonObject;
    const place = `${at}/States/${name}`;
    if (state.Type === 'Task' && isExpress) checkResource(String(state.Resource), `${place}/Resource`, say);
    if (state.Type === 'Parallel') {
      const branches = state.Branches as readonly Json[];
      for (const [index, branch] of branches.entries())
        checkExpress(branch as JsonObject, isExpress, `${place}/Branches[${index}]`, say);
    }
    if (state.Type === 'Map') checkMap(state, isExpress, place, say);
  }
}

function checkMap(state: JsonObject, isExpress: boolean, place: string, say: Say): void {
  const processor = processorOf(state);
  const field = `${place}/${state.ItemProcessor === undefined ? 'Iterator' : 'ItemProcessor'}`;
  const { Mode: mode, ExecutionType: type } = isObject(processor.ProcessorConfig) ? processor.ProcessorConfig : {};
  if (mode === 'DISTRIBUTED' && isExpress) {
    say(CODE, 'Express state machine does not support Map state in DISTRIBUTED mode', `${field}/ProcessorConfig/Mode`);
  }
  checkExpress(processor, isExpress || (mode === 'DISTRIBUTED' && type === 'EXPRESS'), field, say);
}

function checkResource(resource: string, at: string, say: Say): void {
  if (/^arn:[^:]+:states:[^:]*:[^:]*:activity:/.test(resource)) {
    say(CODE, 'Express state machine does not support Activity ARN', at);
  } else if (resource.endsWith('.waitForTaskToken')) {
    // The second blank is AWS's own.
    say(CODE, "Express state machine does not support '.waitForTaskToken' service integration ", at);
  } else if (/\.sync(?::2)?$/.test(resource)) {
    say(CODE, "Express state machine does not support '.sync' service integration", at);
  }
}
