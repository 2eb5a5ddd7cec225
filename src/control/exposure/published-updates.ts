import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';
import { type OwnOperations, ownOperation } from '../own-operation.ts';
import { pageOf } from '../paging.ts';
import type { ArchiveKnowledge } from '../repositories/repositories.ts';
import { inventoryAge } from './fleet.ts';

const Input = z.object({
  InstanceId: z.string().regex(/^m?i-[0-9a-z]{8,17}$/, 'it is no id of a node'),
  MaxResults: z.int().min(1).max(1000).optional(),
  NextToken: z.string().max(4096).optional(),
});

type Row = {
  ecosystem: string;
  product: string;
  codename: string;
  native: string;
  gathered: string;
  name: string;
  architecture: string;
  version: string;
};

/** Newer versions that the archives have for a node's stored inventory: its package lists are not asked, the server's are. */
export function publishedUpdateOperations(archives: ArchiveKnowledge): OwnOperations {
  return {
    ListPublishedUpdates: ownOperation(Input, async (call, { InstanceId, ...request }) => {
      const { rows } = await call.db.execute<Row>(sql`
        SELECT had.product, had.codename, had.architecture AS native, had.gathered_at::text AS gathered, one.ecosystem, one.name,
          one.architecture, one.version
        FROM node_inventory had JOIN package_set found ON found.id = had.package_set
        JOIN package_version one ON one.id = ANY (found.packages)
        WHERE had.account = ${call.account} AND had.instance_id = ${InstanceId}`);
      const [first] = rows;
      if (first === undefined) {
        throw new AwsError('InvalidInstanceId', `Nothing is stored of ${InstanceId}: scan it first.`);
      }
      const node = { product: first.product, codename: first.codename, architecture: first.native };
      const answers = rows.map((row) => ({ row, answer: archives.newest(node, row, call.now) }));
      const updates = answers.flatMap(({ row, answer }) => {
        const { newest } = answer ?? { newest: null };
        return newest === null ? [] : [{ row, newest }];
      });
      const list = `published updates ${InstanceId}`;
      const keyOf = ({ row }: { row: Row }) => [row.name, row.architecture];
      const { items, NextToken } = await pageOf(call, request, { list, size: 200, keyOf }, updates);
      return {
        /** false: the server has no indexes for such a node, or they are old or not whole; silence means nothing then. */
        Complete: answers.every(({ answer }) => answer?.complete === true),
        InventoryAge: inventoryAge(new Date(first.gathered), call.now),
        Updates: items.map(({ row, newest }) => ({
          Package: row.name,
          Architecture: row.architecture,
          InstalledVersion: row.version,
          Version: newest.version,
          Source: newest.source,
          SourceVersion: newest.sourceVersion,
        })),
        ...(NextToken === undefined ? {} : { NextToken }),
      };
    }),
  };
}
