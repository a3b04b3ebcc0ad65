// The agent: one process beside all app workers, for what must be done once.
import { messenger } from 'eggcup';

let count = 0;
messenger.on('egg-ready', () => setInterval(tell, 1000));

function tell() {
  count += 1;
  messenger.sendToApp('news', { from: process.pid, text: `the agent has counted to ${count}` });
}
