import { verifyAudit } from '../../control/audit/verify.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { ACCOUNT } from '../../gateway/run-server.ts';
import { withStore } from './store.ts';

/** Exit code 8 where the log is not what was written. */
export async function verifyLog(json: boolean): Promise<ExitCode> {
  const found = await withStore(({ db }) => verifyAudit(db, ACCOUNT));
  const { entries, problem } = found;
  if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else if (problem === null)
    process.stdout.write(`The audit log is whole: ${entries} entries, each sealed by the next.\n`);
  else process.stdout.write(`The audit log is NOT whole: entry ${problem.sequence} ${visible(problem.what)}\n`);
  return problem === null ? EXIT.ok : EXIT.failed;
}
