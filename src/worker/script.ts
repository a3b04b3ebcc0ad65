/**
 * Preloaded (`--require`) into a script's process; the gate stands before its main module. Node hands the option on to
 * worker threads and forked processes of the script: there it must do nothing, and load nothing.
 */
import { join } from 'node:path';
import { MASTER_PID_VARIABLE } from '../ipc/environment.js';
import { Arrival } from './arrival.js';

/** The class of all CommonJS modules, which this file is one of when it runs. node:module is the same, and loads Node's loader of ES modules. */
const Module = module.constructor as typeof import('node:module');

const master = process.send === undefined ? undefined : process.env[MASTER_PID_VARIABLE]; // Threads can't send.
// The variable is taken away before the script runs, so only a child of the master sees it. With another parent
// the master has been killed meanwhile: then nothing of the script's may run.
if (master !== undefined && master !== String(process.ppid)) process.exit(110);
if (master !== undefined) holdMain();

/** Node calls `runMain` when all preloaded modules are there, for CommonJS and ES modules alike. */
function holdMain(): void {
  const arrival = new Arrival();
  const { runMain } = Module;
  Module.runMain = (main) => {
    Module.runMain = runMain;
    void enter(arrival, () => runMain(main));
  };
}

async function enter(arrival: Arrival, runMain: () => void): Promise<void> {
  const { enterScript } = await import('./script-main.js');
  await enterScript(join(import.meta.dirname, 'script.js'), arrival, runMain);
}
