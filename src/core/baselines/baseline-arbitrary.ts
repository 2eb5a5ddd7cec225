import fc from 'fast-check';
import { filterKeys, filterValues } from './filter-vocabulary.ts';
import {
  COMPLIANCE_LEVELS,
  OPERATING_SYSTEMS,
  type OperatingSystem,
  type PatchBaseline,
  type PatchFilter,
  type PatchFilterGroup,
  type PatchRule,
} from './types.ts';

/** Valid baselines for property tests: everything that AWS allows, strings with every character that may be in them. */
export function baselines(): fc.Arbitrary<PatchBaseline> {
  // The clone drops the null prototypes that fast-check gives records, as any JSON would.
  return fc
    .constantFrom(...OPERATING_SYSTEMS)
    .chain(baselinesFor)
    .map((one) => structuredClone(one));
}

const text = (maxLength: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .map((one) =>
      one.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, 'x').slice(0, maxLength),
    )
    .filter((one) => one.isWellFormed() && one !== '');

function filters(os: OperatingSystem): fc.Arbitrary<PatchFilterGroup> {
  const filter: fc.Arbitrary<PatchFilter> = fc.constantFrom(...filterKeys(os)).chain((Key) => {
    const words = filterValues(os, Key);
    const value = words === null ? text(64) : fc.constantFrom('*', ...words);
    return fc.record({ Key: fc.constant(Key), Values: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }) });
  });
  return fc.record({ PatchFilters: fc.uniqueArray(filter, { maxLength: 3, selector: ({ Key }) => Key }) });
}

const day = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

function rules(os: OperatingSystem): fc.Arbitrary<PatchRule> {
  const days = fc.integer({ min: 0, max: 360 });
  const common = {
    PatchFilterGroup: filters(os),
    ComplianceLevel: fc.constantFrom(...COMPLIANCE_LEVELS),
    EnableNonSecurity: fc.boolean(),
    Kintsugi: fc.record(
      {
        KnownExploited: fc.record({ ApproveAfterDays: days }),
        Epss: fc.record({ AtLeast: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs), ApproveAfterDays: days }),
      },
      { requiredKeys: [] },
    ),
  };
  const requiredKeys: ['PatchFilterGroup'] = ['PatchFilterGroup'];
  return fc.oneof(
    fc.record({ ...common, ApproveAfterDays: days }, { requiredKeys: [...requiredKeys, 'ApproveAfterDays'] }),
    fc.record({ ...common, ApproveUntilDate: day }, { requiredKeys: [...requiredKeys, 'ApproveUntilDate'] }),
  );
}

const NAMES: Partial<Record<OperatingSystem, readonly string[]>> = {
  WINDOWS: ['KB5034441', 'MS10-048', 'CVE-2024-21307'],
  MACOS: ['Safari16.6MontereyAuto', 'XProtect'],
};
const LINUX_NAMES = ['openssl', 'lib*', 'python3.11', 'CVE-2024-3094', 'kernel=5.1*', 'DSA-6015-1', 'openssl.amd64'];

function baselinesFor(os: OperatingSystem): fc.Arbitrary<PatchBaseline> {
  const names = fc.subarray([...(NAMES[os] ?? LINUX_NAMES)]);
  const name = fc.stringMatching(/^[a-zA-Z0-9_\-.]{3,20}$/);
  const source = fc.record({
    Name: name,
    Products: fc.uniqueArray(text(128), { minLength: 1, maxLength: 3 }),
    Configuration: text(1024),
  });
  return fc.record(
    {
      BaselineId: fc.stringMatching(/^pb-[0-9a-f]{17}$/),
      Name: name,
      Description: text(1024),
      OperatingSystem: fc.constant(os),
      GlobalFilters: filters(os),
      ApprovalRules: fc.record({ PatchRules: fc.array(rules(os), { maxLength: 3 }) }),
      ApprovedPatches: names,
      ApprovedPatchesComplianceLevel: fc.constantFrom(...COMPLIANCE_LEVELS),
      ApprovedPatchesEnableNonSecurity: fc.boolean(),
      RejectedPatches: names,
      RejectedPatchesAction: fc.constantFrom('ALLOW_AS_DEPENDENCY' as const, 'BLOCK' as const),
      Sources: fc.array(source, { maxLength: 2 }),
    },
    {
      requiredKeys: [
        'Name',
        'OperatingSystem',
        'GlobalFilters',
        'ApprovalRules',
        'ApprovedPatches',
        'ApprovedPatchesComplianceLevel',
        'ApprovedPatchesEnableNonSecurity',
        'RejectedPatches',
        'RejectedPatchesAction',
        'Sources',
      ],
    },
  );
}
