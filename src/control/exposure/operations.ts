import { and, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { type ExposureSubject, parseExposureSubject } from '../../core/advisories/exposure-subject.ts';
import { AwsError } from '../../core/aws-error.ts';
import { patchResult } from '../../store/schema/patch.ts';
import type { Call } from '../call.ts';
import { type OwnOperations, ownOperation } from '../own-operation.ts';
import { type Page, pageOf } from '../paging.ts';
import type { AdvisorySet } from '../patch-manager/advisory-folder.ts';
import type { ArchiveKnowledge } from '../repositories/repositories.ts';
import { EXPOSURE_STATUSES, exposureOf, type NodeExposure } from './exposure.ts';
import { advisoriesOf, countsOf, type ExposureGroup, groupsOf, nodeOf, unknownsOf } from './exposure-output.ts';

export interface ExposureNeeds {
  readonly advisories: () => Promise<AdvisorySet>;
  readonly archives: ArchiveKnowledge;
}

const subject = z.string().min(1).max(800);
const paging = { MaxResults: z.int().min(1).max(1000).optional(), NextToken: z.string().max(4096).optional() };
const DescribeInput = z.object({ Subject: subject, ...paging });
const ListInput = z.object({
  Subject: subject,
  Statuses: z.array(z.enum(EXPOSURE_STATUSES)).min(1).max(3).optional(),
  ...paging,
});

/** Which nodes a CVE, an advisory or a package concerns, from what the server knows: no node is asked. */
export function exposureOperations(needs: ExposureNeeds): OwnOperations {
  const ask = async (call: Call, text: string) => {
    const wanted = subjectOf(text);
    const advisories = await needs.advisories();
    const { db, account, now } = call;
    const exposure = await exposureOf({ db, account, now, advisories, archives: needs.archives }, wanted);
    return { wanted, advisories, exposure };
  };
  return {
    DescribeExposure: ownOperation(DescribeInput, async (call, { Subject, ...request }) => {
      const { wanted, advisories, exposure } = await ask(call, Subject);
      const groups = groupsOf(exposure.nodes).map((group, index) => ({ group, index }));
      const list = `exposure ${JSON.stringify(wanted)}`;
      const page = await pageOf(call, request, { list, size: 200, keyOf: ({ index }) => [index] }, groups);
      return {
        Subject: subjectOutput(wanted),
        Status: exposure.status,
        Known: exposure.known,
        Counts: countsOf(exposure),
        Unknowns: unknownsOf(exposure.nodes),
        Advisories: advisoriesOf(exposure.advisories),
        Knowledge: {
          Advisories: advisories.index.size,
          Newest: advisories.newest,
          ReadAt: advisories.readAt,
          Problem: advisories.problem?.message ?? null,
        },
        Repositories: needs.archives.states().map(({ product, refreshedAt, failure, problems }) => ({
          Product: product,
          RefreshedAt: refreshedAt,
          Failure: failure ?? problems[0] ?? null,
        })),
        ...groupPage(page),
      };
    }),
    ListExposedNodes: ownOperation(ListInput, async (call, { Subject, Statuses = ['AFFECTED'], ...request }) => {
      const { wanted, exposure } = await ask(call, Subject);
      const list = `exposed nodes ${JSON.stringify([wanted, [...Statuses].sort()])}`;
      const rows = exposure.nodes.filter(({ status }) => Statuses.includes(status));
      const page = await pageOf(call, request, { list, size: 100, keyOf: ({ node }) => [node.instanceId] }, rows);
      return { Nodes: await nodesOutput(call, page.items), ...tokenOf(page) };
    }),
  };
}

function subjectOf(text: string): ExposureSubject {
  const read = parseExposureSubject(text);
  if (!('fault' in read)) return read;
  const message = `Value at 'subject' failed to satisfy constraint: ${read.fault}`;
  throw new AwsError('ValidationException', `1 validation error detected: ${message}`);
}

function subjectOutput(wanted: ExposureSubject) {
  if (wanted.kind !== 'package') return { Kind: wanted.kind === 'cve' ? 'CVE' : 'ADVISORY', Id: wanted.id };
  const { name, bound } = wanted;
  return { Kind: 'PACKAGE', Id: name, ...(bound && { Operator: bound.operator, Version: bound.version }) };
}

function groupPage(page: Page<{ group: ExposureGroup }>) {
  return { Groups: page.items.map(({ group }) => group), ...tokenOf(page) };
}

function tokenOf({ NextToken }: { readonly NextToken?: string }) {
  return NextToken === undefined ? {} : { NextToken };
}

/** With what the last scan of each made of its packages by the node's baseline: of one page, that is quickly looked up. */
async function nodesOutput({ db, account }: Call, nodes: readonly NodeExposure[]) {
  const names = [...new Set(nodes.flatMap(({ findings }) => findings.map(({ match }) => match.name)))];
  const ids = nodes.map(({ node }) => node.instanceId);
  const { instanceId, name, architecture, state, reason } = patchResult;
  const rows =
    names.length === 0
      ? []
      : await db
          .select({ instanceId, name, architecture, state, reason })
          .from(patchResult)
          .where(and(eq(patchResult.account, account), inArray(instanceId, ids), inArray(name, names)));
  const scanned = new Map(rows.map((row) => [`${row.instanceId} ${row.name} ${row.architecture}`, row]));
  return nodes.map((one) =>
    nodeOf(one, (name, architecture) => scanned.get(`${one.node.instanceId} ${name} ${architecture}`) ?? null),
  );
}
