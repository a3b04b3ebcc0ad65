import { type ChildProcess, fork } from 'node:child_process';
import { messageOf } from '../errors.js';
import { Child, type ChildEvents } from './child.js';
import { guardChannel } from './guard-channel.js';
import type { Launch } from './launch.js';

/** Forks the agent. */
export function forkAgent(launch: Launch, events: ChildEvents): void {
  let agent: ChildProcess;
  try {
    agent = fork(launch.exec, launch.args, {
      execArgv: [...launch.execArgv],
      env: launch.env,
      cwd: launch.cwd,
    });
  } catch (error) {
    // What the kernel refuses for its own reasons comes as an event, what it finds wrong is thrown (E2BIG).
    return events.forkFailed('agent', messageOf(error));
  }
  if (agent.pid === undefined) {
    agent.once('error', (error) => events.forkFailed('agent', error.message));
    return;
  }
  const child = new Child('agent', agent, agent.pid, launch, events);
  agent.on('message', (raw) => events.message(child, raw));
  agent.once('disconnect', () => events.disconnected(child));
  agent.once('exit', (code, signal) => child.endTail(code, signal, events));
  agent.on('error', (error) => events.channelFailed(child, error));
  guardChannel(agent, (error) => events.channelFailed(child, error));
  events.forked(child, false);
}
