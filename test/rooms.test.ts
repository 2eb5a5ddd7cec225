import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf } from './imports.ts';
import { problemsOf } from './rooms.ts';

const judge = (files: Record<string, string>): string[] => problemsOf(new Map(Object.entries(files)));

test('every form of import is found, with its line', () => {
  const source = [
    "import a from './a.ts';",
    "import type { B } from './b.ts';",
    "import './c.ts';",
    "export * from './d.ts';",
    "export type { E } from './e.ts';",
    'import {',
    '  f,',
    "} from './f.ts';",
    "const g = await import('./g.ts');",
    "type H = import('./h.ts').H;",
    "export * as i from './i.ts';",
  ].join('\n');
  const lines = [1, 2, 3, 4, 5, 6, 9, 10, 11];
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  assert.deepEqual(
    importsOf(source),
    names.map((name, at) => ({ specifier: `./${name}.ts`, line: lines[at], isType: 'be'.includes(name) })),
  );
});

test('an import quoted in a comment, string, template or regular expression does not count', () => {
  const source = [
    "// import a from './a.ts';",
    "/* import b from './b.ts'; */",
    'const c = "import c from \'./c.ts\'";',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template in the source under test
    "const d = `import d from './d.ts'; ${f({ a: `import('./e.ts')` })} import './e.ts'`;",
    'const f = /[/\'"`]/.test(x) ? a / b : c / d;',
    'object.import("./g.ts");',
    'export const h = { from: "./h.ts" };',
    "import real from './real.ts';",
  ].join('\n');
  assert.deepEqual(importsOf(source), [{ specifier: './real.ts', line: 8, isType: false }]);
});

test('a house in order has no problems', () => {
  const files = {
    'src/core/a.ts': "import { z } from 'zod';\nimport type { B } from './b/b.ts';",
    'src/core/b/b.ts': "import { parse } from 'yaml';",
    'src/core/a.test.ts': "import { test } from 'node:test';\nimport fc from 'fast-check';\nimport './a.ts';",
    'src/core/b-arbitrary.ts': "import fc from 'fast-check';",
    'src/platforms/apt/probe.ts': "import { spawn } from 'node:child_process';\nimport '../../core/a.ts';",
    'src/platforms/apt/probe.e2e.test.ts': "import { freshRoot } from '../../../lab/roots.ts';",
    'src/control/scan.ts': "import '../platforms/apt/probe.ts';\nimport 'node:fs';",
    'src/clouds/aws/ec2.ts': "import { EC2 } from '@aws-sdk/client-ec2';",
    'src/cli/main.ts':
      "import '../control/scan.ts';\nimport { Command } from 'commander';\nimport '../../package.json';",
    'lab/roots.ts': "import '../src/core/a.ts';",
  };
  assert.deepEqual(judge(files), []);
});

const BREACHES: ReadonlyArray<readonly [path: string, source: string, problem: string]> = [
  [
    'src/core/a.ts',
    "import type { P } from '../platforms/p.ts';",
    "core may not import platforms ('../platforms/p.ts')",
  ],
  ['src/core/a.ts', "import 'node:fs';", "core does no I/O ('node:fs')"],
  ['src/core/a.ts', "import 'fs';", "core does no I/O ('fs')"],
  [
    'src/core/a.ts',
    "import 'fast-check';",
    "core may import no library but yaml, zod, jsonata, re2js, @noble/hashes ('fast-check')",
  ],
  [
    'src/core/a.ts',
    "import '../../package.json';",
    "core may not import what lies outside the rooms ('../../package.json')",
  ],
  ['src/core/a.ts', "import '../../lab/roots.ts';", "core may not import lab ('../../lab/roots.ts')"],
  ['src/core/a.test.ts', "import '../platforms/p.ts';", "core may not import platforms ('../platforms/p.ts')"],
  ['src/core/a.ts', "import './b-arbitrary.ts';", "only tests import what is for tests ('./b-arbitrary.ts')"],
  ['src/platforms/a.ts', "import 'zod/v4';", "platforms may import no library but none ('zod/v4')"],
  ['src/platforms/a.ts', "import '../control/c.ts';", "platforms may not import control ('../control/c.ts')"],
  ['src/agent/a.ts', "import '../store/s.ts';", "agent may not import store ('../store/s.ts')"],
  ['src/store/a.ts', "import '../control/c.ts';", "store may not import control ('../control/c.ts')"],
  ['src/control/a.ts', "import '../gateway/g.ts';", "control may not import gateway ('../gateway/g.ts')"],
  ['src/control/a.ts', "import 'node:http';", "control knows nothing of HTTP ('node:http')"],
  ['src/control/a.ts', "import 'fastify';", "control knows nothing of HTTP ('fastify')"],
  ['src/control/a.ts', "import '../cli/main.ts';", "nobody imports cli ('../cli/main.ts')"],
  ['lab/a.ts', "import '../src/cli/main.ts';", "nobody imports cli ('../src/cli/main.ts')"],
  [
    'src/control/a.ts',
    "import '@aws-sdk/client-ssm';",
    "only clouds/aws imports an AWS SDK client ('@aws-sdk/client-ssm')",
  ],
];

test('the types of the AWS API may be known where its operations are served', () => {
  assert.deepEqual(judge({ 'src/control/a.ts': "import type { Tag } from '@aws-sdk/client-ssm';" }), []);
  assert.equal(judge({ 'src/agent/a.ts': "import type { Tag } from '@aws-sdk/client-ssm';" }).length, 1);
});

for (const [path, source, problem] of BREACHES) {
  test(`${path} with ${source} is a breach`, () => {
    assert.deepEqual(judge({ [path]: source }), [`${path}:1: ${problem}`]);
  });
}

test('an import cycle is told with its path, type-only imports too', () => {
  const files = {
    'src/core/a.ts': "import './b.ts';",
    'src/core/b.ts': "import type { C } from './c.ts';",
    'src/core/c.ts': "import './a.ts';",
  };
  assert.deepEqual(judge(files), [
    'src/core/a.ts: import cycle: src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts',
  ]);
});

test('a file has at most 300 lines, fixtures and data apart', () => {
  const long = 'x;\n'.repeat(301);
  assert.deepEqual(judge({ 'src/core/a.ts': long }), ['src/core/a.ts: 301 lines; 300 is the most']);
  assert.deepEqual(
    judge({ 'src/core/a.ts': 'x;\n'.repeat(300), 'src/core/data/a.ts': long, 'src/core/a.data.ts': long }),
    [],
  );
});

test('a name that says nothing is refused for files and folders', () => {
  for (const path of ['src/core/utils.ts', 'lab/helper.test.ts', 'src/cli/common/a.ts', 'test/misc.ts']) {
    assert.match(judge({ [path]: '' }).join(), /says nothing/);
  }
});
