import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER_MS, ask } from '../control/client.js';
import { EggcupError } from '../errors.js';
import type { ControlAnswer, ScaleAnswer, StatusAnswer } from '../control/protocol.js';
import type { Snapshot } from '../health/snapshot.js';
import { MAX_WORKERS } from '../supervisor/scale.js';
import { answerSilence, failed, socketOf } from './ask.js';
import type { Answer, CliCommand } from './command.js';

const LOOK_MS = 200;

/** `eggcup scale N`: exit 0 once so many listen; 1 when they do not, or the master has refused. */
export const scale: CliCommand = {
  summary: `runs N app workers (1 to ${MAX_WORKERS}) until the plan or somebody says otherwise, and waits until they listen`,
  operand: 'N',
  options: ['dir', 'socket'],
  async run(given, surroundings): Promise<Answer> {
    const { operand = '' } = given;
    const workers = /^[1-9]\d{0,3}$/.test(operand) ? Number(operand) : 0;
    if (workers < 1 || workers > MAX_WORKERS) {
      const err = `eggcup scale: N must be a whole number from 1 to ${MAX_WORKERS}, got "${operand}"`;
      return { code: 78, err };
    }
    try {
      return await scaleTo(workers, socketOf(given, surroundings));
    } catch (error) {
      return answerSilence('scale', error);
    }
  },
};

async function scaleTo(workers: number, path: string): Promise<Answer> {
  const answer = await ask(path, { request: 'scale', workers }, ANSWER_MS);
  if (!answer.ok) return failed('scale', answer.message);
  const { from, to, startupMs, warnings } = answer as ScaleAnswer;
  let best = 0;
  // Each that comes to listen gives the others as long again: few may start at once.
  for (let deadline = performance.now() + startupMs; ;) {
    const snapshot = await look(path);
    if (typeof snapshot === 'string') return failed('scale', snapshot);
    const listening = snapshot.children.filter(({ slot, state }) => slot !== 'agent' && state === 'ready').length;
    if (snapshot.workers !== to)
      return failed('scale', `there are to be ${snapshot.workers} app workers now: somebody has changed it again`);
    if (listening === to)
      return {
        code: 0,
        out: [
          `${to} app ${to === 1 ? 'worker listens' : 'workers listen'}; there were to be ${from} before`,
          ...warnings,
        ].join('\n'),
      };
    if (listening > best) deadline = performance.now() + startupMs;
    best = Math.max(best, listening);
    if (performance.now() > deadline) return failed('scale', tooLate(listening, to, startupMs));
    await sleep(LOOK_MS);
  }
}

async function look(path: string): Promise<Snapshot | string> {
  let answer: ControlAnswer;
  try {
    answer = await ask(path, { request: 'status' }, ANSWER_MS);
  } catch (error) {
    if (!(error instanceof EggcupError) || error.code !== 'ERR_CONTROL_NOBODY') throw error;
    return 'the master has ended meanwhile; its log and its termination message say why';
  }
  if (!answer.ok) return answer.message;
  const { status } = answer as StatusAnswer;
  return status.phase === 'stopping' ? 'the cluster stops' : status;
}

function tooLate(listening: number, to: number, startupMs: number): string {
  const time = `within ${startupMs / 1000} s (startup.timeout)`;
  return `${listening} of ${to} app workers listen ${time}; the master goes on trying: see eggcup status and its log`;
}
