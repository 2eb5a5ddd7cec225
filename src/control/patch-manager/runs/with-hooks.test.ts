import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_KNOWLEDGE } from '../../../core/advisories/knowledge.ts';
import type { RenderedDocument } from '../../../store/schema/commands.ts';
import type { StepResult } from '../../messages/step-result.ts';
import type { LedInvocation } from '../../run-command/orchestration.ts';
import { hooksOrchestration } from './with-hooks.ts';

const document: RenderedDocument = { name: 'Hook', content: {}, parameters: {}, executionSeconds: 60 };
const NOW = new Date('2026-11-22T12:00:00Z');

function step(code: number): StepResult {
  const status = code === 0 ? 'Success' : 'Failed';
  const texts = { output: '', standardOutput: 'out\n', standardError: code === 0 ? '' : 'no\n' };
  return {
    name: 'run',
    status,
    code,
    plugin: 'aws:runShellScript',
    ...texts,
    startedAt: NOW,
    endedAt: NOW,
    reportedAt: NOW,
  };
}

/** An invocation in which nothing but hooks may be sent. */
function invocation(operation: 'Scan' | 'Install', codes: Record<string, number>, more: Record<string, string[]> = {}) {
  const ran: string[] = [];
  const given = {
    account: '000000000000',
    commandId: 'c',
    instanceId: 'mi-0123456789abcdef0',
    documentName: 'AWS-RunPatchBaselineWithHooks',
    document: {},
    parameters: { Operation: [operation], ...more },
    hooks: { PreInstallHook: document, PostInstallHook: document, OnExitHook: document },
    now: () => NOW,
    signal: new AbortController().signal,
    send: () => assert.fail('the node is patched'),
    runOnce: async (name: string) => {
      ran.push(name);
      const code = codes[name] ?? 0;
      return { outcome: code === 0 ? 'Success' : 'Failed', steps: [step(code)] };
    },
    wasRun: async () => false,
  };
  return { ran, led: given as unknown as LedInvocation };
}

const lead = hooksOrchestration({
  knowledge: async () => EMPTY_KNOWLEDGE,
  isScanOnly: async () => false,
  fetchFile: () => assert.fail('nothing is fetched'),
});

test('a first hook that fails leaves the node as it is, and the last one runs', async () => {
  const { ran, led } = invocation('Install', { PreInstallHook: 3 });
  const { status, plugins } = await lead(led);
  assert.equal(status, 'Failed');
  assert.deepEqual(ran, ['PreInstallHook', 'OnExitHook']);
  assert.deepEqual(
    plugins.map(({ name, status: one, code }) => [name, one, code]),
    [
      ['PreInstallHook', 'Failed', 3],
      ['OnExitHook', 'Success', 0],
    ],
  );
  assert.match(plugins[0]?.standardError ?? '', /^no\nHook ended as Failed in its step run\.\n$/);
});

test('what is refused runs no hook at all', async () => {
  const both = { InstallOverrideList: ['https://x/a'], BaselineOverride: ['https://x/b'] };
  const { ran, led } = invocation('Install', {}, both);
  const { status, plugins } = await lead(led);
  assert.equal(status, 'Failed');
  assert.match(plugins[0]?.standardError ?? '', /cannot be given together/);
  assert.deepEqual(ran, []);
});
