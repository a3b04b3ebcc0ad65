import { fileURLToPath } from 'node:url';
import { whileRunning } from './running.mjs';

const parent = fileURLToPath(new URL('fixtures/leave-orphan.cjs', import.meta.url));
/** Kills the namespace with itself, whoever is PID 1 in it. */
const UNSHARE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

/** From the kill of an orphan until its pid is nobody's, in ms; `undefined` for who does not reap it. */
export async function reaping({ program, subreaper, isInit }, { asPid1 }) {
  if (!isInit || (!asPid1 && subreaper === undefined)) return undefined;
  const command = [process.execPath, parent];
  return whileRunning(asPid1 ? [...UNSHARE, ...program(command)] : subreaper(command), async (_, nextLine) => {
    const answer = await nextLine();
    return answer === 'never' ? undefined : [Number(answer)];
  });
}
