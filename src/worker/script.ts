/**
 * Preloaded (`--import`) into a script's process; its top-level await is the gate. Node hands the option on to worker
 * threads and forked processes of the script: there it must do nothing, and load nothing.
 */
import { isMainThread } from 'node:worker_threads';
import { MASTER_PID_VARIABLE } from '../ipc/environment.js';

if (isMainThread && process.send !== undefined && process.env[MASTER_PID_VARIABLE] === String(process.ppid)) {
  const { enterScript } = await import('./script-main.js');
  await enterScript(import.meta.url);
}
