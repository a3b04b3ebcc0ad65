/** The main module of a framework's agent (egg-cluster's agent_worker). */
import { batchSending } from './batch-sending.js';
import { failStart, sendToMaster } from './channel.js';
import { endGracefully } from './end.js';
import { loadFramework, whenReady } from './framework.js';
import { leaveTerminalSignalsToMaster, waitAtGate } from './gate.js';
import { loadRequired } from './load.js';
import { keepYoungGenerationSmall, letYoungGenerationGrow } from '../young-generation.js';

void main();

async function main(): Promise<void> {
  leaveTerminalSignalsToMaster();
  batchSending();
  keepYoungGenerationSmall();
  const task = await waitAtGate();
  if (task.kind !== 'framework') throw new Error(`a framework's agent was given a ${task.kind}`);
  const { options } = task;

  try {
    await loadRequired(options.require, options.baseDir);
    const { Agent } = await loadFramework(options.framework);
    const agent = new Agent(options);
    endGracefully('agent_worker', () => agent.close());
    await whenReady(agent);
    letYoungGenerationGrow();
    await sendToMaster({ eggcup: 'ready' });
  } catch (error) {
    await failStart(error);
  }
}
