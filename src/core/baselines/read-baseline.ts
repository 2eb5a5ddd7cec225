import { fault, type Report, warn } from './issue.ts';
import { LIMITS } from './limits.ts';
import { nearest } from './nearest.ts';
import { compilePatchName } from './patch-names.ts';
import { readFilterGroup } from './read-filters.ts';
import { readRule } from './read-rule.ts';
import { readBoolean, readChoice, readFields, readList, readText, readTexts } from './readers.ts';
import type { MapNode, TreeNode } from './tree.ts';
import {
  COMPLIANCE_LEVELS,
  OPERATING_SYSTEMS,
  type OperatingSystem,
  type PatchBaseline,
  type PatchRule,
  type PatchSource,
} from './types.ts';

const KEYS = [
  'Name',
  'Description',
  'OperatingSystem',
  'GlobalFilters',
  'ApprovalRules',
  'ApprovedPatches',
  'ApprovedPatchesComplianceLevel',
  'ApprovedPatchesEnableNonSecurity',
  'RejectedPatches',
  'RejectedPatchesAction',
  'Sources',
  'AvailableSecurityUpdatesComplianceStatus',
  'BaselineId',
];

/** What AWS answers beside the baseline itself, and what `create-patch-baseline` takes beside it. */
const IGNORED = ['PatchGroups', 'CreatedDate', 'ModifiedDate', 'Tags', 'ClientToken'];

const LETTERS = { pattern: /^[a-zA-Z0-9_\-.]*$/, allowed: 'letters, digits, "_", "-" and "."' };

/** `name` stands in where a BaselineOverride has none; null: a name is required. */
export function readBaseline(node: TreeNode, name: string | null, report: Report): PatchBaseline | null {
  const fields = readFields(node, KEYS, name === null ? ['Name'] : [], report, IGNORED);
  if (fields === null || node.kind !== 'map') return null;
  const os = readOperatingSystem(fields.get('OperatingSystem'), node, report);
  if (os === null) return null;
  const reader = <Value>(key: string, fallback: Value, read: (value: TreeNode) => Value): Value => {
    const value = fields.get(key);
    return value ? read(value) : fallback;
  };
  const id = reader('BaselineId', '', (value) => readBaselineId(value, report));
  const description = reader('Description', '', (value) => readText(value, { ...LIMITS.description, min: 0 }, report));
  const securityStatus = fields.get('AvailableSecurityUpdatesComplianceStatus');
  return {
    ...(id && { BaselineId: id }),
    Name: reader('Name', name ?? '', (value) => readText(value, { ...LIMITS.name, ...LETTERS }, report)),
    ...(description && { Description: description }),
    OperatingSystem: os,
    GlobalFilters: reader('GlobalFilters', { PatchFilters: [] }, (value) => readFilterGroup(value, os, report)),
    ApprovalRules: { PatchRules: reader('ApprovalRules', [], (value) => readRules(value, os, report)) },
    ApprovedPatches: reader('ApprovedPatches', [], (value) => readPatchNames(value, os, report)),
    ApprovedPatchesComplianceLevel: reader('ApprovedPatchesComplianceLevel', 'UNSPECIFIED', (value) =>
      readChoice(value, COMPLIANCE_LEVELS, report),
    ),
    ApprovedPatchesEnableNonSecurity: reader('ApprovedPatchesEnableNonSecurity', false, (value) =>
      readBoolean(value, report),
    ),
    RejectedPatches: reader('RejectedPatches', [], (value) => readPatchNames(value, os, report)),
    RejectedPatchesAction: reader('RejectedPatchesAction', 'ALLOW_AS_DEPENDENCY', (value) =>
      readChoice(value, ['ALLOW_AS_DEPENDENCY', 'BLOCK'], report),
    ),
    Sources: reader('Sources', [], (value) => readSources(value, os, report)),
    ...(securityStatus && readSecurityStatus(securityStatus, os, report)),
  };
}

/**
 * A wrong one is read on as what was probably meant, so that one slip is one fault; null where nothing was: what
 * filters and lists may hold depends on it.
 */
function readOperatingSystem(node: TreeNode | undefined, whole: MapNode, report: Report): OperatingSystem | null {
  if (node) {
    const faults = report.faults.length;
    const os = readChoice(node, OPERATING_SYSTEMS, report);
    if (report.faults.length === faults) return os;
    const meant =
      node.kind === 'scalar' && typeof node.value === 'string' ? nearest(node.value, OPERATING_SYSTEMS) : null;
    return OPERATING_SYSTEMS.find((one) => one === meant) ?? null;
  }
  warn(
    report,
    whole.at,
    'OperatingSystem is missing, so this is a baseline for WINDOWS, as it would be with AWS',
    'name it, for example OperatingSystem: DEBIAN',
  );
  return 'WINDOWS';
}

function readBaselineId(node: TreeNode, report: Report): string {
  const rule = { ...LIMITS.baselineId, pattern: /^[a-zA-Z0-9_\-:/]*$/, allowed: 'letters, digits and _ - : /' };
  return readText(node, rule, report);
}

function readRules(node: TreeNode, os: OperatingSystem, report: Report): readonly PatchRule[] {
  const list = readFields(node, ['PatchRules'], ['PatchRules'], report)?.get('PatchRules');
  return list ? readList(list, LIMITS.rules, 'rules', report, (item) => readRule(item, os, report)) : [];
}

function readPatchNames(node: TreeNode, os: OperatingSystem, report: Report): readonly string[] {
  return readTexts(node, LIMITS.patchIds, 'patches', LIMITS.patchId, report, (text, item) => {
    const compiled = compilePatchName(text, os);
    if ('error' in compiled) fault(report, item.at, compiled.error, compiled.suggestion);
  });
}

function readSources(node: TreeNode, os: OperatingSystem, report: Report): readonly PatchSource[] {
  const sources = readList(node, LIMITS.sources, 'sources', report, (item) => readSource(item, report));
  if (sources.length > 0 && (os === 'WINDOWS' || os === 'MACOS')) {
    warn(report, node.at, `Sources are for Linux and change nothing on ${os}`);
  }
  return sources;
}

function readSource(node: TreeNode, report: Report): PatchSource {
  const keys = ['Name', 'Products', 'Configuration'];
  const fields = readFields(node, keys, keys, report);
  const name = fields?.get('Name');
  const products = fields?.get('Products');
  const configuration = fields?.get('Configuration');
  return {
    Name: name ? readText(name, { ...LIMITS.sourceName, ...LETTERS }, report) : '',
    Products: products ? readTexts(products, LIMITS.sourceProducts, 'products', LIMITS.sourceProduct, report) : [],
    Configuration: configuration
      ? readText(configuration, { ...LIMITS.sourceConfiguration, secret: true }, report)
      : '',
  };
}

function readSecurityStatus(
  node: TreeNode,
  os: OperatingSystem,
  report: Report,
): Pick<PatchBaseline, 'AvailableSecurityUpdatesComplianceStatus'> {
  if (os !== 'WINDOWS') fault(report, node.at, `is for WINDOWS only, and this is a baseline for ${os}`);
  return { AvailableSecurityUpdatesComplianceStatus: readChoice(node, ['COMPLIANT', 'NON_COMPLIANT'], report) };
}
