import { z } from 'zod';

const PATH_OR_NAME = /^[A-Za-z0-9:_.@\\-]{1,255}$/;

const command = z.strictObject({
  Run: z.string().min(1).max(10_000),
  ExitCode: z.number().int().min(0).max(255).default(0),
  TimeoutSeconds: z.number().int().min(1).max(600).default(30),
});

/** What must hold in an image that has booted, beside what always must: no failed unit, and the newest kernel. */
export const bootChecks = z.strictObject({
  /** Units that must be active. */
  Units: z.array(z.string().regex(PATH_OR_NAME, 'no name of a unit')).max(100).default([]),
  /** TCP ports that something must listen on. */
  Ports: z.array(z.number().int().min(1).max(65_535)).max(100).default([]),
  /** Commands, run by /bin/sh as root, that must end with their exit code in time. */
  Commands: z.array(command).max(100).default([]),
});

export type BootChecks = z.infer<typeof bootChecks>;

export const NO_CHECKS: BootChecks = { Units: [], Ports: [], Commands: [] };

export interface BootCheck {
  /** For people: `unit ssh.service is active`. */
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** How an image is boot-tested: in a container, as a machine by BIOS, as one by UEFI. */
export const BOOT_MODES = ['nspawn', 'qemu', 'qemu-uefi'] as const;

/** What a boot test found. */
export interface BootVerdict {
  readonly mode: (typeof BOOT_MODES)[number];
  readonly passed: boolean;
  /** Why not, in one line; null where it passed. */
  readonly reason: string | null;
  /** `uname -r` of the image; null where it ran on this machine's kernel, or never said. */
  readonly kernel: string | null;
  readonly failedUnits: readonly string[];
  readonly checks: readonly BootCheck[];
  /** Seconds from the start to the answer. */
  readonly seconds: number;
}
