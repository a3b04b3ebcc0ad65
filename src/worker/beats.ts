import { parseToChild } from '../ipc/parse.js';
import { sendToMaster } from './channel.js';

/** Where Node's inspector listens when SIGUSR1 opens it, unless somebody has chosen otherwise. */
const DEFAULT_DEBUG_PORT = 9229;

/**
 * Tells the master again and again that the event loop runs; `undefined` is never. Who is silent is examined with
 * the inspector, on any free port: one port for all workers would do for the first.
 */
export function sendBeats(beatMs: number | undefined): void {
  if (beatMs === undefined) return;
  const isOurs = process.debugPort === DEFAULT_DEBUG_PORT;
  if (isOurs) process.debugPort = 0;
  process.on('message', (raw) => {
    if (isOurs && parseToChild(raw)?.eggcup === 'close-inspector')
      void import('node:inspector').then(({ close }) => close());
  });
  setInterval(() => void sendToMaster({ eggcup: 'beat' }), beatMs).unref();
}
