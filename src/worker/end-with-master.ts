import { loadNative } from '../native/addon.js';
import { hasMaster } from './orphan.js';

/** On every processor; node:os is loaded for nothing else. */
const SIGKILL = 9;
/** graceful-process and the clean-up of an agent have ended by then; whoever is still there is blocked. */
const LAST_MS = 2000;

/**
 * Sees to it that this process does not outlive its master, also when its event loop hangs and hears of nothing: the
 * kernel tells of the parent's death, and kills what is left after a while. Without the native part only a loop that
 * runs hears of it, by its channel.
 */
export function endWithMaster(): void {
  loadNative()?.endAfterParent(LAST_MS);
  if (!hasMaster()) process.exit(110); // It died before the kernel was asked.
}

/**
 * The same at once, until `endWithMaster`: a script that has not been loaded yet has nothing to clean up, and must not
 * begin its work when the master has been killed since it has opened the gate.
 */
export function dieWithMaster(): void {
  loadNative()?.signalOnParentDeath(SIGKILL);
  if (!hasMaster()) process.exit(110);
}
