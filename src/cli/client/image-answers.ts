import { z } from 'zod';
import { KintsugiError } from '../../core/errors.ts';
import { askServer } from './ask-server.ts';
import type { ServerProfile } from './profile.ts';

const text = z.string();
const maybe = z.string().nullable();
const instant = z.number();
const revocation = z.object({ Digest: text, Reason: text, RevokedAt: instant, RevokedBy: text }).nullable();
const channel = z.object({
  Family: text,
  Channel: text,
  Digest: text,
  Version: z.number(),
  MovedAt: instant,
  MovedBy: text,
  RollBackTo: maybe,
  Parameter: maybe,
  Revoked: z.boolean(),
  Revocation: revocation,
});
const image = z.object({ Family: text, Digest: text, PrunedAt: instant.nullable(), Revoked: z.boolean() });
const approval = z.object({
  ApprovalId: text,
  Family: text,
  Digest: text,
  Channel: text,
  State: text,
  ExecutionArn: text,
  Message: text,
  RequestedAt: instant,
  ExpiresAt: instant,
  DecidedBy: maybe,
  Comment: maybe,
});
const rollout = z.object({
  ExecutionArn: text,
  Group: text,
  Status: maybe,
  State: maybe,
  Error: maybe,
  Cause: maybe,
});

/** The answers of the server's operations on images, as far as the command line shows them. */
export const ANSWERS = {
  RegisterImage: z.object({
    Family: text,
    Digest: text,
    Channel: maybe,
    Revoked: z.boolean(),
    Reason: text.optional(),
  }),
  PromoteImage: z.object({
    Family: text,
    Digest: text,
    Channel: text,
    Version: z.number(),
    Previous: maybe,
    Parameter: text.optional(),
  }),
  RevokeImage: z.object({
    Digest: text,
    Reason: text,
    /** False: the server knows no such image; a digest that is mistyped shows by it. */
    Registered: z.boolean(),
    Descendants: z.array(text),
    Channels: z.array(
      z.object({
        ...{ Family: text, Channel: text, Digest: text, Now: text, RollBackTo: maybe },
        RolledBackFrom: z.array(text).default([]),
      }),
    ),
    Rollouts: z.array(text),
    Unpublished: z.array(text).default([]),
  }),
  ApproveImage: approval,
  RejectImage: approval,
  StartImageRollout: z.object({
    ExecutionArn: text,
    Family: text,
    Digest: text,
    Group: text,
    AlreadyRuns: z.boolean(),
  }),
  PruneImages: z.object({
    DryRun: z.boolean(),
    Pruned: z.array(z.object({ Family: text, Digest: text, Bytes: z.number(), BakedAt: text })),
    Kept: z.array(z.object({ Family: text, Digest: text, Reasons: z.array(text) })),
  }),
  DescribeImages: z.object({ Images: z.array(image), NextToken: text.optional() }),
  DescribeImageChannels: z.object({ Channels: z.array(channel) }),
  DescribeImageApprovals: z.object({ Approvals: z.array(approval), NextToken: text.optional() }),
  DescribeImageRollouts: z.object({ Rollouts: z.array(rollout) }),
  ListImageChannelHistory: z.object({
    Moves: z.array(
      z.object({
        Version: z.number(),
        Digest: text,
        Previous: maybe,
        Reason: text,
        Note: maybe.default(null),
        MovedAt: instant,
        MovedBy: text,
        Revoked: z.boolean(),
      }),
    ),
  }),
} as const;

type Name = keyof typeof ANSWERS;
export type ImageAnswer<Operation extends Name> = z.output<(typeof ANSWERS)[Operation]>;

/** Calls an operation on images. Errors: those of `askServer`. */
export async function askImages<Operation extends Name>(
  profile: ServerProfile,
  operation: Operation,
  input: object,
): Promise<ImageAnswer<Operation>> {
  const answer = ANSWERS[operation].safeParse(await askServer(profile, operation, input));
  if (answer.success) return answer.data as ImageAnswer<Operation>;
  throw new KintsugiError(
    'ServerFault',
    `The server's answer to ${operation} is not of the shape that it should have.`,
  );
}
