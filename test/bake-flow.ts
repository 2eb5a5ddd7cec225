import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Call } from '../src/control/call.ts';
import { describeExecution } from '../src/control/executions/describe.ts';
import { ExecutionEngine } from '../src/control/executions/engine.ts';
import { TaskError, type TaskRunner } from '../src/control/executions/task-runner.ts';
import type { BakeNeeds } from '../src/control/images/flow/run-step.ts';
import type { BakeRequest } from '../src/control/images/flow/start-bake.ts';
import type { RunStep } from '../src/control/images/flow/step-process.ts';
import { step } from '../src/control/images/step.ts';
import { bakeTaskRunner } from '../src/gateway/bake-tasks.ts';
import type { DiskRecipe } from '../src/images/disk/recipe.ts';
import { signingKey } from '../src/images/evidence/signing-key.ts';
import type { ImageManifest } from '../src/images/store/manifest.ts';
import { SIGNED_MANIFEST, signManifest } from '../src/images/store/signed-manifest.ts';
import { Bell } from '../src/store/bell.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { fakeCall } from './fake-call.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const ONCE = new Set(['patch', 'hook', 'seal']);

export const recipeOf = (family: string, more: Partial<DiskRecipe> = {}): DiskRecipe => ({
  family,
  base: {
    kind: 'suite',
    suite: 'bookworm',
    main: 'http://deb.example',
    security: null,
    keyring: '/usr/share/keyrings/x.gpg',
  },
  include: [],
  hooks: [],
  checks: { Units: [], Ports: [], Commands: [] },
  format: 'raw',
  boot: 'nspawn',
  ...more,
});

/** What the double of the archive would bake next: another content is another image. */
export interface Archive {
  content: string;
}

type Play = (name: string, signal: AbortSignal) => Promise<void>;

/** Steps that are quick, over the notes of the real ones in a real work folder; `play` may hang or throw. */
export function quickSteps(archive: Archive, play: Play = async () => {}): { run: RunStep; done: string[] } {
  const done: string[] = [];
  const run: RunStep = async ({ step: resource, recipe, work, home, baseline, bootTimeoutSeconds }, signal) => {
    const name = resource.slice('kintsugi:bake.'.length);
    const context = {
      ...{ home, baseline, bootTimeoutSeconds, advisories: { advisories: [], exploited: [], epss: [] } },
      ...{ now: () => new Date(), say: () => {} },
    };
    return step({ recipe, work, context }, name, null, { once: ONCE.has(name) }, async () => {
      await play(name, signal);
      done.push(name);
      return outputOf(name, { home, recipe, work, content: archive.content });
    });
  };
  return { run, done };
}

async function outputOf(
  name: string,
  at: { home: string; recipe: DiskRecipe; work: string; content: string },
): Promise<unknown> {
  const digest = sha256(`${at.recipe.family} ${at.content}`);
  const key = { bake: sha256(at.content), content: sha256(at.content) };
  const manifest = { ...MANIFEST, family: at.recipe.family, digest, bakeKey: key.bake } as ImageManifest;
  if (name === 'pack') writeFileSync(join(at.work, 'whole'), digest);
  if (name === 'store') {
    const folder = join(at.home, 'images', at.recipe.family, digest);
    mkdirSync(folder, { recursive: true });
    await putManifest(at.home, manifest);
  }
  const outputs: Record<string, unknown> = {
    ...{ base: { digest: sha256('base'), from: 'bookworm' }, resolve: { key, installs: [{ name: 'openssl' }] } },
    ...{
      patch: { installed: 1 },
      hook: { hooks: 0 },
      gate: { status: 'COMPLIANT', patches: [] },
      seal: { kernel: '6.1' },
    },
    ...{ pack: { digest, bytes: 5 }, boot: { passed: true, mode: 'nspawn', seconds: 1 }, sbom: { components: 1 } },
    ...{ sign: { keyid: 'k' }, store: { manifest } },
  };
  return outputs[name];
}

/** Puts a manifest into the store, signed by the key of the data directory. */
export async function putManifest(home: string, manifest: ImageManifest): Promise<void> {
  const folder = join(home, 'images', manifest.family, manifest.digest);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, SIGNED_MANIFEST), signManifest(manifest, await signingKey(home, randomUUID())));
}

const MANIFEST = {
  ...{ schemaVersion: 1, format: 'raw', bytes: 5, bakedAt: '2026-11-01T00:00:00Z', builder: 'double', kernel: '6.1' },
  ...{ base: { digest: sha256('base'), from: 'bookworm' }, baseline: { name: 'x', from: 'pb' } },
  boot: { mode: 'nspawn', passed: true, kernel: null, seconds: 1, checks: [] },
  os: { product: 'Debian12', prettyName: 'Debian', architecture: 'amd64' },
  compliance: { status: 'COMPLIANT', judgedAt: '2026-11-01T00:00:00Z', listsUpdatedAt: null },
  ...{ packages: [], files: {} },
};

/** The manifest of an image that has been booted. */
export function storedManifest(family: string, digest: string): ImageManifest {
  return { ...MANIFEST, family, digest, bakeKey: sha256(digest) } as ImageManifest;
}

/** Channels, as far as the state machine of bakes asks them: `told` is what was asked, in order. */
export class ImageDouble {
  readonly told: string[] = [];
  readonly channels = new Map<string, string>();
  readonly tokens: string[] = [];
  refuse: string | null = null;

  find(resource: string): TaskRunner | null {
    const action = /:::kintsugi:image\.([A-Za-z]+)/.exec(resource)?.[1];
    if (action === undefined) return null;
    return {
      // biome-ignore lint/suspicious/noExplicitAny: the input of any of its actions
      run: async (input: any) => {
        this.told.push(`${action} ${input.Channel ?? ''}`.trim());
        if (action === this.refuse) throw new TaskError('Kintsugi.ImageRevoked', 'It is revoked.');
        if (action === 'requestApproval') this.tokens.push(input.TaskToken);
        if (action === 'promote') this.channels.set(input.Channel, input.Digest);
        return { ...input, Version: 1, Previous: null, Revoked: false };
      },
    };
  }
}

/** An engine over a database and a data directory of a test's own. */
export interface Flow {
  readonly store: TestDatabase;
  readonly home: string;
  readonly images: ImageDouble;
  readonly call: () => Call;
  readonly needs: BakeNeeds;
  /** Another server in place of the one that runs. */
  serve(runStep?: RunStep): Promise<void>;
  stop(): Promise<void>;
  /** Waits until the execution is over, and answers how. */
  ended(arn: string): Promise<{ status: string; error?: string; cause?: string; output?: string }>;
  left(): string[];
  dispose(): Promise<void>;
}

export async function startFlow(runStep: RunStep): Promise<Flow> {
  const store = await testDatabase();
  const home = mkdtempSync(join(tmpdir(), 'kt-flow-'));
  const bell = await Bell.open(store.pool);
  const images = new ImageDouble();
  const needs: BakeNeeds = {
    ...{ db: store.db, home, now: () => new Date(), isRoot: true, allowHooks: false, runStep },
    heartbeatMs: 50,
  };
  let engine: ExecutionEngine | null = null;
  const call = () => fakeCall(store.db, { now: new Date() });
  const stop = async () => {
    await engine?.stop();
    engine = null;
  };
  const serve = async (other: RunStep = runStep) => {
    await stop();
    const findTaskRunner = (resource: string) =>
      bakeTaskRunner({ ...needs, runStep: other }, resource) ?? images.find(resource);
    const onError = (error: unknown) => process.stderr.write(`${error}\n`);
    engine = new ExecutionEngine({ db: store.db, bell, findTaskRunner, now: () => new Date(), onError, beatMs: 50 });
  };
  await serve();
  return {
    ...{ store, home, images, call, needs, serve, stop },
    ended: async (executionArn) => {
      for (;;) {
        const told = await describeExecution(call(), { executionArn });
        if (told.status !== 'RUNNING') return told as { status: string };
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    left: () => {
      const work = join(home, 'images/.work');
      return existsSync(work) ? readdirSync(work).filter((name) => !/\.(?:lock|new)$/.test(name)) : [];
    },
    dispose: async () => {
      await stop();
      bell.close();
      await store.dispose();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** What the request of a bake is in most tests. */
export const requestOf = (family: string, more: Partial<BakeRequest> = {}): BakeRequest => ({
  Recipe: { ...recipeOf(family) },
  AutoApprove: true,
  ...more,
});

export async function holders({ store }: Flow): Promise<number> {
  const { rows } = await store.db.execute(sql`SELECT 1 FROM image_bake`);
  return rows.length;
}
