import assert from 'node:assert/strict';
import { test } from 'node:test';
import { predefinedBaselines, predefinedFor } from '../../core/baselines/predefined.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';
import { paint } from '../style.ts';
import { renderList } from './baseline-list.ts';
import { renderBaseline } from './baseline-show.ts';

const plain = paint({}, {});
const wide = Number.POSITIVE_INFINITY;

const web: PatchBaseline = {
  ...predefinedFor('DEBIAN'),
  Name: 'web',
  Description: 'First line\nand \u001b[31msecond',
  GlobalFilters: { PatchFilters: [{ Key: 'PRODUCT', Values: ['Debian11', 'Debian12'] }] },
  ApprovedPatches: ['bash'],
  ApprovedPatchesComplianceLevel: 'HIGH',
  RejectedPatches: ['linux-image-*'],
  RejectedPatchesAction: 'BLOCK',
  Sources: [{ Name: 'mine', Products: ['Debian12'], Configuration: 'deb https://user:hunter2@example.com/ x main' }],
};

test('a baseline is shown in plain words, without what its sources may hold', () => {
  assert.equal(
    renderBaseline({ baseline: web, from: 'web.yaml', warnings: [] }, wide, plain),
    `web
  for       DEBIAN
  from      web.yaml
  id        pb-75b114c507d400ec2
  about     First line\\nand \\u{1b}[31msecond
  looks at  packages with PRODUCT Debian11|Debian12
  rule 1    security updates with PRIORITY Required|Important|Standard|Optional|Extra, at once; compliance level UNSPECIFIED
  approved  bash (security updates only; compliance level HIGH)
  rejected  linux-image-* (BLOCK: never installed)
  source    mine for Debian12
`,
  );
});

test('a narrow terminal gets narrow lines with everything in them', () => {
  for (const baseline of predefinedBaselines) {
    const text = renderBaseline({ baseline, from: 'predefined', warnings: [] }, 40, plain);
    for (const line of text.split('\n')) assert.ok(line.length <= 60, line);
    assert.equal(text.includes(baseline.Name), true);
  }
});

test('the list is a table where there is room, and blocks where there is not', () => {
  const [heading, first, ...rest] = renderList(predefinedBaselines, wide, plain).trimEnd().split('\n');
  assert.match(heading ?? '', /^NAME +OPERATING SYSTEM +ID +APPROVES$/);
  assert.match(
    first ?? '',
    /^AWS-AmazonLinuxDefaultPatchBaseline +AMAZON_LINUX +pb-[0-9a-f]{17} {2}Critical and important/,
  );
  assert.equal(rest.length, predefinedBaselines.length - 1);
  const narrow = renderList(predefinedBaselines, 80, plain);
  for (const line of narrow.split('\n')) assert.ok(line.length <= 80, line);
  for (const { Name, BaselineId } of predefinedBaselines) {
    assert.ok(narrow.includes(Name) && narrow.includes(BaselineId ?? 'none'), Name);
  }
});
