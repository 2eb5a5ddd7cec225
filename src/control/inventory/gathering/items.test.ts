import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeGather, readGathered } from '../../../platforms/inventory/gather.ts';
import { readFileFilters } from './files.ts';
import { itemsOf } from './items.ts';

const NONCE = 'a'.repeat(32);
const NOW = new Date('2026-11-22T12:00:00Z');
const section = (name: string, text: string, code = 0) => `\n@@${NONCE} ${name}\n${text}\n@@${NONCE} end ${code}\n`;
const gathered = (...sections: string[]) => readGathered(sections.join(''), NONCE);
const nothing = { parts: [], components: false, files: [] } as const;

test('a network is told from the kernel where there is no iproute2', () => {
  const answer = gathered(
    section('links', 'lo\t00:00:00:00:00:00\neth0\t02:00:00:00:00:07'),
    section(
      'route',
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\neth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF',
    ),
    section(
      'fib_trie',
      'Local:\n           |-- 10.0.0.7\n              /32 host LOCAL\n           |-- 127.0.0.1\n              /32 host LOCAL',
    ),
    section('if_inet6', 'fe80000000000000000000fffe000007 02 40 20 80     eth0'),
    section('resolvers', '10.0.0.2\n10.0.0.3'),
  );
  const { items, faults } = itemsOf(answer, { ...nothing, parts: ['network'] }, NOW);
  assert.deepEqual(faults, []);
  const [row] = items[0]?.Content ?? [];
  assert.equal(row?.Name, 'eth0');
  assert.deepEqual([row?.IPV4, row?.IPV6, row?.Gateway], ['10.0.0.7', 'fe80::ff:fe00:7', '10.0.0.1']);
  assert.equal(row?.DNSServer, '10.0.0.2,10.0.0.3');
});

test('a part that is cut off or failed is a fault, and never half an item', () => {
  const cut = gathered(`\n@@${NONCE} applications\ninstalled\tbash`);
  const wanted = { ...nothing, parts: ['applications'] as const };
  assert.deepEqual(itemsOf(cut, wanted, NOW), {
    items: [],
    faults: ['AWS:Application: the node did not tell it.'],
    notes: [],
  });
  assert.match(itemsOf(gathered(section('applications', '', 2)), wanted, NOW).faults[0] ?? '', /ended with code 2/);
});

test('custom inventory is kept where it is what the agent would take', () => {
  const pack = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
  const good = { TypeName: 'Custom:Rack', SchemaVersion: '1.0', Content: { Place: 'R1' } };
  const lines = [
    `good.json\t${pack(good)}`,
    `type.json\t${pack({ ...good, TypeName: 'AWS:Application' })}`,
    `deep.json\t${pack({ ...good, Content: { Place: {} } })}`,
    'text.json\taGVsbG8=',
  ];
  const { items, faults } = itemsOf(
    gathered(section('custom', lines.join('\n'))),
    { ...nothing, parts: ['custom'] },
    NOW,
  );
  assert.deepEqual(
    items.map(({ TypeName, Content }) => [TypeName, Content]),
    [['Custom:Rack', [{ Place: 'R1' }]]],
  );
  assert.equal(faults.length, 3);
});

test('filters of files never become part of a command', () => {
  const filters = readFileFilters(JSON.stringify([{ Path: "/srv/'$(id)'", Pattern: ["*'; id; '"], Recursive: true }]));
  assert.ok(typeof filters !== 'string');
  const script = composeGather({ nonce: NONCE, parts: [], files: filters });
  assert.ok(script.includes(`find '/srv/'\\''$(id)'\\'''`), script.split('\n').at(-3));
  for (const bad of [
    '{',
    '{}',
    '[{"Path":"etc","Pattern":["*"]}]',
    '[{"Path":"/etc"}]',
    '[{"Path":"/a","Pattern":["a/b"]}]',
  ])
    assert.equal(typeof readFileFilters(bad), 'string', bad);
});
