import { parseToChild } from '../ipc/parse.js';
import type { Servers } from './servers.js';

/** Listens for the master's word that a stop has begun and its delay runs. */
export function hearLameDuck(servers: Servers): void {
  process.on('message', (raw) => {
    if (parseToChild(raw)?.eggcup === 'lame-duck') servers.announceEnd();
  });
}
