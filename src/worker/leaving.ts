import { parseToChild } from '../ipc/parse.js';
import { sendToMaster } from './channel.js';
import { leaveCluster } from './end.js';
import { exitWhenOrphaned } from './orphan.js';

/**
 * To be called when SIGTERM has come and the servers are closed. The master knows whether it was its own: if not, it lets this process
 * go at once, so that its successor need not wait for the last request here.
 */
export function sayLeaving(): void {
  process.on('message', (raw) => {
    if (parseToChild(raw)?.eggcup !== 'leave') return;
    exitWhenOrphaned();
    void leaveCluster();
  });
  void sendToMaster({ eggcup: 'leaving' });
}
