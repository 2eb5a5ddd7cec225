import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { forgetDocument, newDocument, readDocuments, savePlan, saveProgress } from './document-state.ts';
import { result } from './step-state.ts';

const STEP = { name: 'one', action: 'aws:runShellScript', inputs: { runCommand: ['true'] }, precondition: null };

test('A document is read as it was saved, and a folder without a plan is no document', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-documents-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const plan = { messageId: 'm', documentName: 'd', steps: [STEP] };
  const later = newDocument(folder, { ...plan, commandId: 'a', receivedAt: '2026-11-22T10:00:00.000Z' });
  const first = newDocument(folder, { ...plan, commandId: 'b', receivedAt: '2026-11-22T09:00:00.000Z' });
  await savePlan(later);
  await savePlan(first);
  assert.deepEqual(await readDocuments(folder, { tidy: true }), [first, later]);
  const steps = first.steps.map((step) => ({ ...step, result: result('InProgress', 0), attempt: 1, bootId: 'x' }));
  const begun = { ...first, steps, cancelMessageId: 'c' };
  await saveProgress(begun);
  assert.deepEqual(await readDocuments(folder, { tidy: true }), [begun, later]);
  await forgetDocument(later);
  // The agent was killed while it forgot the other one, after the first file.
  await rm(join(begun.folder, 'plan.json'));
  assert.deepEqual(await readDocuments(folder, { tidy: false }), []);
  assert.deepEqual(await readdir(folder), ['b']);
  assert.deepEqual(await readDocuments(folder, { tidy: true }), []);
  assert.deepEqual(await readdir(folder), []);
});

test('A document whose progress cannot be read has failed, and nothing of it is run', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-documents-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const plan = { messageId: 'm', commandId: 'c', documentName: 'd', receivedAt: '2026-11-22T10:00:00.000Z' };
  const document = newDocument(folder, { ...plan, steps: [STEP, { ...STEP, name: 'two' }] });
  await savePlan(document);
  await writeFile(join(document.folder, 'progress.json'), '\0\0\0');
  const [read] = await readDocuments(folder, { tidy: true });
  assert.deepEqual(
    read?.steps.map(({ result: { status, lost } }) => [status, lost]),
    [
      ['Failed', true],
      ['NotStarted', false],
    ],
  );
});
