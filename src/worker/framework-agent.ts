/** The main module of a framework's agent (egg-cluster's agent_worker). */
import { shareArenas } from '../native/malloc.js';
import { batchSending } from './batch-sending.js';
import { failStart, sendToMaster } from './channel.js';
import { endGracefully } from './end.js';
import { loadFramework, whenReady } from './framework.js';
import { leaveTerminalSignalsToMaster, waitAtGate } from './gate.js';
import { loadRequired } from './load.js';
import { beginModules } from './modules.js';
import { giveBackStartMemory } from './start-memory.js';

void main();

async function main(): Promise<void> {
  leaveTerminalSignalsToMaster();
  batchSending();
  shareArenas();
  const opened = waitAtGate();
  const modules = beginModules('agent'); // While the master hears of it.
  const task = await opened;
  if (task.kind !== 'framework') throw new Error(`a framework's agent was given a ${task.kind}`);
  const { options } = task;
  modules.tell();

  try {
    await loadRequired(options.require, options.baseDir);
    const { Agent } = await loadFramework(options.framework);
    const agent = new Agent(options);
    endGracefully('agent_worker', () => agent.close());
    await whenReady(agent);
    modules.end();
    giveBackStartMemory();
    await sendToMaster({ eggcup: 'ready' });
  } catch (error) {
    await failStart(error);
  }
}
