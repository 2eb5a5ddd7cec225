import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const holder = z.object({ execution: z.string().min(1).max(2048), until: z.iso.datetime() });

/**
 * Says that an execution bakes the family until then: between its steps no process holds the family's lock. The lease
 * is renewed while a step runs, and ends by itself where no server goes on with the execution.
 */
export async function holdFamily(images: string, family: string, execution: string, until: Date): Promise<void> {
  const file = holderFile(images, family);
  await mkdir(join(images, '.work'), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify({ execution, until: until.toISOString() }));
  await rename(`${file}.new`, file);
}

/** The execution that bakes the family, or null. A file that cannot be read holds nothing. */
export async function holderOf(images: string, family: string, now: Date): Promise<string | null> {
  const found = await readHolder(images, family);
  return found !== null && Date.parse(found.until) > now.getTime() ? found.execution : null;
}

/** Gives the family up where the execution holds it. */
export async function leaveFamily(images: string, family: string, execution: string): Promise<void> {
  const found = await readHolder(images, family);
  if (found?.execution === execution) await rm(holderFile(images, family), { force: true });
}

async function readHolder(images: string, family: string): Promise<z.infer<typeof holder> | null> {
  try {
    return holder.parse(JSON.parse(await readFile(holderFile(images, family), 'utf8')));
  } catch {
    return null;
  }
}

function holderFile(images: string, family: string): string {
  return join(images, '.work', `${family}.holder`);
}
