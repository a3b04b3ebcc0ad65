/**
 * Preloaded (`--import`) into a script's process; its top-level await is the gate. Node hands the option on to worker
 * threads and forked processes of the script: there it must do nothing, and load nothing.
 */
import { isMainThread } from 'node:worker_threads';
import { MASTER_PID_VARIABLE } from '../ipc/environment.js';

const master = isMainThread && process.send !== undefined ? process.env[MASTER_PID_VARIABLE] : undefined;
// The variable is taken away before the script runs, so only a child of the master sees it. With another parent
// the master has been killed meanwhile: then nothing of the script's may run.
if (master !== undefined && master !== String(process.ppid)) process.exit(110);
if (master !== undefined) {
  const { enterScript } = await import('./script-main.js');
  await enterScript(import.meta.url);
}
