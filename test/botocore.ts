import { spawnSync } from 'node:child_process';

/** Walks an output along the shapes of botocore's model and prints what does not fit, a line each. */
const CHECK = `
import json, sys
try:
    from botocore.session import Session
except ImportError:
    sys.exit(42)
model = Session().get_service_model('ssm')
TYPES = {'string': str, 'integer': int, 'long': int, 'boolean': bool, 'timestamp': (int, float), 'double': (int, float), 'float': (int, float)}
def walk(shape, value, path):
    kind = shape.type_name
    if kind == 'structure':
        if not isinstance(value, dict):
            return print(path, 'is no structure')
        for name in value:
            if name not in shape.members:
                print(path + '.' + name, 'is not in the model')
            else:
                walk(shape.members[name], value[name], path + '.' + name)
        for name in shape.required_members:
            if name not in value:
                print(path + '.' + name, 'is missing')
    elif kind == 'list':
        if not isinstance(value, list):
            return print(path, 'is no list')
        for item in value:
            walk(shape.member, item, path + '[]')
    elif kind == 'map':
        for key in value:
            walk(shape.value, value[key], path + '{}')
    elif kind in TYPES:
        if not isinstance(value, TYPES[kind]) or (kind != 'boolean' and isinstance(value, bool)):
            print(path, 'is no', kind, repr(value)[:60])
for operation, output in json.load(sys.stdin):
    shape = model.operation_model(operation).output_shape
    if shape is not None:
        walk(shape, output, operation)
`;

export interface Answer {
  readonly operation: string;
  readonly output: object;
}

/**
 * What in the answers does not fit botocore's model of Systems Manager: unknown and missing members, wrong types. null
 * where the machine has no Python with botocore. One process for all answers, since it takes half a second to start.
 */
export function misfits(answers: readonly Answer[]): string[] | null {
  const input = JSON.stringify(answers.map(({ operation, output }) => [operation, onTheWire(output)]));
  const { status, stdout, stderr, error } = spawnSync('python3', ['-c', CHECK], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined || status === 42) return null;
  if (status !== 0) throw new Error(stderr);
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))];
}

/** Dates as seconds, as the gateway writes them. */
function onTheWire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(onTheWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, onTheWire(inner)]));
}

const ERRORS = `
import json, sys
try:
    from botocore.session import Session
except ImportError:
    sys.exit(42)
model = Session().get_service_model(sys.argv[1])
print(json.dumps({name: [shape.name for shape in model.operation_model(name).error_shapes] for name in model.operation_names}))
`;

/** The errors that botocore's model of a service tells of each operation; null where the machine has no Python with botocore. */
export function declaredErrors(service = 'ssm'): ReadonlyMap<string, ReadonlySet<string>> | null {
  const { status, stdout, stderr, error } = spawnSync('python3', ['-c', ERRORS, service], { encoding: 'utf8' });
  if (error !== undefined || status === 42) return null;
  if (status !== 0) throw new Error(stderr);
  const told = JSON.parse(stdout) as Record<string, string[]>;
  return new Map(Object.entries(told).map(([operation, names]) => [operation, new Set(names)]));
}
