import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRule } from './explain-rule.ts';
import { predefinedFor } from './predefined.ts';
import type { OperatingSystem, PatchFilterKey, PatchRule } from './types.ts';

function rule(filters: [PatchFilterKey, ...string[]][], more: Partial<PatchRule> = {}): PatchRule {
  return { PatchFilterGroup: { PatchFilters: filters.map(([Key, ...Values]) => ({ Key, Values })) }, ...more };
}

const table: [PatchRule, string][] = [
  [rule([]), 'rule 1: all security updates, at once'],
  [rule([['PRODUCT', '*']], { EnableNonSecurity: true, ApproveAfterDays: 7 }), 'rule 1: all updates, after 7 days'],
  [
    rule([['PRIORITY', 'Required', 'Important']], { ApproveAfterDays: 1 }),
    'rule 1: security updates with PRIORITY Required|Important, after 1 day',
  ],
  [
    rule([['SECTION', 'net']], { EnableNonSecurity: true, ApproveUntilDate: '2024-06-30' }),
    'rule 1: updates with SECTION net, released up to 2024-06-30',
  ],
  [
    rule([
      ['CLASSIFICATION', 'Security'],
      ['SEVERITY', 'Critical'],
    ]),
    'rule 1: CLASSIFICATION Security and SEVERITY Critical, at once',
  ],
  [
    rule([['SECTION', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']]),
    'rule 1: security updates with SECTION a|b|c|d|e|f|… (2 more), at once',
  ],
  [
    rule([], { ApproveAfterDays: 14, Kintsugi: { KnownExploited: { ApproveAfterDays: 0 } } }),
    'rule 1: all security updates, after 14 days, at once when known to be exploited',
  ],
  [
    rule([], { ApproveAfterDays: 14, Kintsugi: { Epss: { AtLeast: 0.5, ApproveAfterDays: 2 } } }),
    'rule 1: all security updates, after 14 days, after 2 days when EPSS is 0.5 or more',
  ],
  [
    rule([], { ApproveAfterDays: 3, Kintsugi: { KnownExploited: { ApproveAfterDays: 7 } } }),
    'rule 1: all security updates, after 3 days',
  ],
];
for (const [given, expected] of table) {
  test(`a rule reads "${expected}"`, () => assert.equal(describeRule(given, 0), expected));
}

test('a rule for Windows does not speak of security updates, which its filters choose', () => {
  const products = rule([['PRODUCT', 'WindowsServer2022']], { ApproveAfterDays: 7 });
  assert.equal(describeRule(products, 1, 'WINDOWS'), 'rule 2: updates with PRODUCT WindowsServer2022, after 7 days');
});

test('the rules of the predefined baselines read as AWS describes them', () => {
  const first = (os: OperatingSystem) => {
    const [found] = predefinedFor(os).ApprovalRules.PatchRules;
    return found ? describeRule(found, 0, os) : '';
  };
  assert.equal(
    first('UBUNTU').replace(/ PRIORITY.*,/, ' PRIORITY …,'),
    'rule 1: security updates with PRIORITY …, at once',
  );
  assert.equal(first('CENTOS'), 'rule 1: all updates, after 7 days');
  assert.equal(first('ALMA_LINUX'), 'rule 1: CLASSIFICATION Security and SEVERITY Critical|Important, after 7 days');
});
