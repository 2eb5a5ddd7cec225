import { z } from 'zod';
import { KintsugiError } from '../../core/errors.ts';

const text = z.string();
const maybe = z.string().nullable();
const instant = z.number().nullable();

const Group = z.object({
  Ecosystem: text,
  Source: text,
  Packages: z.array(text),
  InstalledVersion: text,
  FixedVersion: maybe,
  Evidence: z.array(text),
  Update: z.enum(['OFFERED', 'PUBLISHED', 'NONE', 'UNKNOWN']),
  UpdateVersion: maybe,
  NodeCount: z.number(),
  InstanceIds: z.array(text),
});
export type AnsweredGroup = z.infer<typeof Group>;

const Exposure = z.object({
  Subject: z.object({
    Kind: z.enum(['CVE', 'ADVISORY', 'PACKAGE']),
    Id: text,
    Operator: text.optional(),
    Version: text.optional(),
  }),
  Status: z.enum(['AFFECTED', 'UNKNOWN', 'NOT_AFFECTED']),
  Known: z.boolean(),
  Counts: z.object({
    Nodes: z.number(),
    Affected: z.number(),
    Unknown: z.number(),
    NotAffected: z.number(),
    AffectedByOldInventory: z.number(),
  }),
  Unknowns: z.array(z.object({ Reason: text, NodeCount: z.number(), InstanceIds: z.array(text) })),
  Advisories: z.array(z.object({ Id: text, Title: text, Issued: maybe, Cves: z.array(text), Url: maybe })),
  Knowledge: z.object({ Advisories: z.number(), Newest: maybe, ReadAt: instant, Problem: maybe }),
  Repositories: z.array(z.object({ Product: text, RefreshedAt: instant, Failure: maybe })),
  Groups: z.array(Group),
  NextToken: text.optional(),
});
export type AnsweredExposure = z.infer<typeof Exposure>;

const Nodes = z.object({
  Nodes: z.array(
    z.object({
      InstanceId: text,
      Name: maybe,
      Status: z.enum(['AFFECTED', 'UNKNOWN', 'NOT_AFFECTED']),
      Reason: maybe,
      ReasonDetail: maybe,
      InventoryAge: z.enum(['FRESH', 'STALE', 'GONE']).nullable(),
      GatheredAt: instant,
      Product: maybe,
      Findings: z.array(
        z.object({
          Package: text,
          Architecture: text,
          InstalledVersion: text,
          FixedVersion: maybe,
          Update: text,
          UpdateVersion: maybe,
          PatchState: maybe,
          PatchReason: maybe,
        }),
      ),
    }),
  ),
  NextToken: text.optional(),
});
export type AnsweredNode = z.infer<typeof Nodes>['Nodes'][number];

export const readExposure = (answer: unknown): AnsweredExposure => read(Exposure, answer);
export const readNodes = (answer: unknown) => read(Nodes, answer);

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { success, data } = schema.safeParse(answer);
  if (success) return data;
  throw new KintsugiError('ServerFault', 'The server answered in a form that this release does not know.', {
    advice: 'Run the same release here and on the server.',
  });
}
