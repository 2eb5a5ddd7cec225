import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { type Import, importsOf } from './imports.ts';

/** The rooms of the house from the roof to the ground; a room imports only rooms below it. */
const STOREYS = ['cli', 'gateway', 'control', 'agent', 'images', 'clouds', 'store', 'platforms', 'core'];

interface Limits {
  /** Rooms that it may import beside itself, where these are fewer than all below it. */
  readonly rooms?: readonly string[];
  /** Libraries that it may import; any where absent. */
  readonly libraries?: readonly string[];
  readonly builtins?: (name: string) => boolean;
}

const HTTP = /^(?:node:)?https?2?$|^(?:fastify|express|hono|undici)$|^@fastify\//;

const LIMITS: Readonly<Record<string, Limits>> = {
  control: { builtins: (name) => !HTTP.test(name) },
  agent: { rooms: ['platforms', 'core'] },
  platforms: { rooms: ['core'], libraries: [] },
  core: { rooms: [], libraries: ['yaml', 'zod', 'jsonata', 're2js', '@noble/hashes'], builtins: () => false },
};

const WORKSHOPS = ['test', 'bench', 'lab'];
const MOST_LINES = 300;
const VAGUE = /^(?:utils?|helpers?|common|misc)$/;
/** Tests, and the generators of values that tests share. */
const TEST = /\.test\.ts$|[.-]arbitrary\.ts$/;
const DATA = /(?:^|\/)(?:fixtures|data)\/|\.data\.ts$/;

/** The sources of the project by path: what `problemsOf` judges. */
export type Sources = ReadonlyMap<string, string>;

/** Everything that breaks the rules of the house, a line each: `path:line: what is wrong`. */
export function problemsOf(sources: Sources): string[] {
  const imports = new Map([...sources].map(([path, text]) => [path, importsOf(text)]));
  return [
    ...[...sources].flatMap(([path, text]) => shapeProblems(path, text)),
    ...[...imports].flatMap(([path, list]) => list.flatMap((one) => importProblems(path, one))),
    ...cyclesOf(imports).map((cycle) => `${cycle[0]}: import cycle: ${cycle.join(' -> ')}`),
  ];
}

function shapeProblems(path: string, text: string): string[] {
  const problems: string[] = [];
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines > MOST_LINES && !DATA.test(path)) problems.push(`${path}: ${lines} lines; ${MOST_LINES} is the most`);
  const vague = path.split('/').find((segment) => VAGUE.test(segment.replace(/\..*$/, '')));
  if (vague !== undefined) problems.push(`${path}: '${vague}' says nothing; name the one idea that it holds`);
  return problems;
}

function importProblems(path: string, { specifier, line, isType }: Import): string[] {
  const from = roomOf(path);
  const say = (what: string): string[] => [`${path}:${line}: ${what} ('${specifier}')`];
  const isTest = TEST.test(path) || WORKSHOPS.includes(from);
  const limits = LIMITS[from] ?? {};
  if (specifier.startsWith('.')) {
    const to = roomOf(normalize(join(dirname(path), specifier)));
    if (!isTest && TEST.test(specifier)) return say('only tests import what is for tests');
    if (to === from || (isTest && !STOREYS.includes(to))) return [];
    if (to === 'cli') return say('nobody imports cli');
    if (WORKSHOPS.includes(from)) return [];
    const allowed = limits.rooms ?? ['', ...STOREYS.slice(STOREYS.indexOf(from) + 1)];
    return allowed.includes(to) ? [] : say(`${from} may not import ${to || 'what lies outside the rooms'}`);
  }
  if (specifier.startsWith('@aws-sdk/') && !path.startsWith('src/clouds/aws/')) {
    // The shapes of AWS's operations are the contract that use cases serve; a client of them is another matter.
    if (isType && ['control', 'gateway', 'store', 'test'].includes(from)) return [];
    return say('only clouds/aws imports an AWS SDK client');
  }
  if (isTest) return [];
  const isBuiltin = specifier.startsWith('node:') || builtinModules.includes(specifier);
  if (limits.builtins?.(specifier) === false && (isBuiltin || HTTP.test(specifier))) {
    return say(from === 'core' ? 'core does no I/O' : `${from} knows nothing of HTTP`);
  }
  const library = specifier.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? specifier;
  if (isBuiltin || limits.libraries === undefined || limits.libraries.includes(library)) return [];
  return say(`${from} may import no library but ${limits.libraries.join(', ') || 'none'}`);
}

/** `src/core/x.ts` is in `core`, `lab/x.ts` in `lab`, anything else in no room. */
function roomOf(path: string): string {
  const [top = '', room = ''] = path.split('/');
  if (top === 'src') return room;
  return WORKSHOPS.includes(top) ? top : '';
}

/** Import cycles among the sources, each as a closed path, each cycle of files found at least once. */
function cyclesOf(imports: ReadonlyMap<string, readonly Import[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const seen = trail.indexOf(path);
    if (seen >= 0) cycles.push([...trail.slice(seen), path]);
    if (seen >= 0 || done.has(path)) return;
    trail.push(path);
    for (const { specifier } of imports.get(path) ?? []) {
      const target = normalize(join(dirname(path), specifier));
      if (specifier.startsWith('.') && imports.has(target)) visit(target);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of imports.keys()) visit(path);
  return cycles;
}

/** Reads every TypeScript source below `root`, by its path from there. */
export function readSources(root: string): Sources {
  const paths = ['src', ...WORKSHOPS].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((path) => `${top}/${path}`),
  );
  const sources = paths.filter((path) => path.endsWith('.ts') && !/(?:^|\/)(?:\.|node_modules\/)/.test(path)).sort();
  return new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

if (import.meta.main) {
  const sources = readSources(join(import.meta.dirname, '..'));
  const problems = problemsOf(sources);
  for (const problem of problems) console.error(problem);
  console.log(`rooms: ${sources.size} files, ${problems.length} problems`);
  process.exitCode = problems.length === 0 && sources.size > 0 ? 0 : 1;
}
