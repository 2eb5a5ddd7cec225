import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../json.ts';
import { checkPath, checkReferencePath, evaluatePath } from '../path.ts';

const STORE: Json = {
  books: [
    { title: 'A', price: 8, tags: ['x', 'y'], isbn: '1' },
    { title: 'B', price: 12, tags: [], author: null },
    { title: 'it\'s "C"', price: '12', tags: ['y'] },
  ],
  'a-b': { 'c d': 1, 'e.f': 2 },
  most: 10,
};
const scope = { input: STORE, context: { Execution: { Id: 'e' } }, variables: { v: { list: [1, 2, 3] }, none: null } };

const FOUND: readonly (readonly [string, Json])[] = [
  ['$.most', 10],
  ['$', STORE],
  ['$$', { Execution: { Id: 'e' } }],
  ['$$.Execution.Id', 'e'],
  ['$v.list[-1]', 3],
  ['$v.list[1:]', [2, 3]],
  ['$none', null],
  ["$['a-b']['c d']", 1],
  ['$.a-b["e.f"]', 2],
  ["$.books[2]['title']", 'it\'s "C"'],
  ["$.books[0]['title','price','absent']", { title: 'A', price: 8 }],
  ['$.books[*].title', ['A', 'B', 'it\'s "C"']],
  ['$.books.*.price', [8, 12, '12']],
  ['$.books[0,2].price', [8, '12']],
  ['$.books[-2:].price', [12, '12']],
  ['$.books[:-1].price', [8, 12]],
  ['$.books[ 0 , 1 ].price', [8, 12]],
  ['$..price', [8, 12, '12']],
  ['$..tags[0]', ['x', 'y']],
  ['$.books[5:9]', []],
  ['$.books[*].absent', []],
  ['$.absent[*].x', []],
  ['$.books[?(@.price < $.most)].title', ['A']],
  ['$.books[?(@.price == 12)].title', ['B', 'it\'s "C"']],
  ['$.books[?(@.price === 12)].title', ['B']],
  ['$.books[?(@.isbn)].title', ['A']],
  ['$.books[?(!@.isbn && @.price >= 12)].title', ['B']],
  ["$.books[?(@.title == 'A' || @.title == 'B' && @.price > 100)].title", ['A']],
  ["$.books[?(!(@.title == 'A' || @.price > 8))].title", ['it\'s "C"']],
  ['$.books[?(@.title =~ /[ab]/i)].title', ['A', 'B']],
  ["$.books[?('x' in @.tags)].title", ['A']],
  ["$.books[?(@.title nin ['A', 'B'])].price", ['12']],
  ["$.books[?(@.tags contains 'y')].price", [8, '12']],
  ['$.books[?(@.tags size 0)].title', ['B']],
  ['$.books[?(@.tags empty false)].title', ['A', 'it\'s "C"']],
  ["$.books[?(@.tags subsetof ['y', 'z'])].title", ['B', 'it\'s "C"']],
  ["$.books[?(@.tags anyof ['x'])].title", ['A']],
  ["$.books[?(@.tags noneof ['x'])].title", ['B', 'it\'s "C"']],
  ["$.books[?(@.tags all ['x', 'y'])].title", ['A']],
  ["$.books[?(@.tags == ['y'])].price", ['12']],
  ['$.books[?(@.author == null)].title', ['B']],
  ['$.a-b[?(@.x)]', []],
  ["$.a-b[?(@['c d'] == 1)]", [{ 'c d': 1, 'e.f': 2 }]],
];

for (const [path, value] of FOUND) {
  test(`finds ${path}`, () => assert.deepEqual(evaluatePath(path, scope, 'v.$'), { ok: true, value }));
}

test('a definite path that leads nowhere fails with the text that AWS has for its field', () => {
  const cause = (path: string, field: string): string => {
    const made = evaluatePath(path, { ...scope, input: { a: { b: 'text' } } }, field);
    return made.ok ? 'found' : `${made.error} ${made.cause}`;
  };
  assert.equal(
    cause('$.x', 'v.$'),
    `States.Runtime The JSONPath '$.x' specified for the field 'v.$' could not be found in the input '{"a":{"b":"text"}}'`,
  );
  assert.equal(cause('$.a.x', 'InputPath'), "States.Runtime Invalid path '$.a.x' : No results for path: $['a']['x']");
  assert.equal(cause('$.x.y', 'OutputPath'), "States.Runtime Invalid path '$.x.y' : Missing property in path $['x']");
  for (const path of ['$.a.b.c', '$.a[0]', '$$.Task.Token', '$v.list[3]', '$v.list[-4]'])
    assert.notEqual(cause(path, 'v.$'), 'found');
  assert.match(cause('$unknown', 'v.$'), /not defined/);
});

test('own properties only: what every object inherits is not found', () => {
  for (const path of ['$.constructor', '$.__proto__', '$.books.length', '$toString']) {
    assert.equal(evaluatePath(path, scope, 'v.$').ok, false, path);
  }
});

const BROKEN = [
  '',
  'a',
  '$.',
  '$..',
  '$a.',
  '$[',
  '$[]',
  '$[a]',
  "$['a",
  '$[0',
  '$[?]',
  '$[?(]',
  '$[?()]',
  '$[?(@.a ==)]',
  '$.a b',
];
const UNSUPPORTED = [
  '$.books.length()',
  '$.sum($..price)',
  '$.a)',
  '$[?(@.a ~ 1)]',
  '$[?(1)]',
  `$${'[?(@'.repeat(50)}`,
];

test('what is no path is refused when it is checked', () => {
  for (const path of [...BROKEN, ...UNSUPPORTED, `$.${'a'.repeat(20_000)}`]) assert.ok(checkPath(path), path);
  for (const [path] of FOUND) assert.equal(checkPath(path), null, path);
});

test('reference paths name one place', () => {
  for (const path of ['$', '$.a.b', "$['a b'][0].c"]) assert.equal(checkReferencePath(path), null);
  for (const path of ['$..a', '$[*]', '$[0,1]', '$[1:]', "$['a','b']", '$[?(@.a)]', '$[-1]', '$.']) {
    assert.ok(checkReferencePath(path), path);
  }
});
