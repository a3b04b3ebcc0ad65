import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER_MS, ask } from '../control/client.js';
import type { StatusAnswer } from '../control/protocol.js';
import { answerSilence, failed, socketOf } from './ask.js';
import { type Answer, type CliCommand, type Surroundings, toJson } from './command.js';
import { statusText } from './status-text.js';

const WATCH_MS = 1000;
/** Home, and nothing from there on: what was above stays in the terminal's history. */
const REDRAW = '\u001B[H\u001B[J';

/** `eggcup status`: what the master is, and each of its processes. As JSON it is what `status.json` has. */
export const status: CliCommand = {
  summary: 'shows the running cluster: phase, address, plan, and each process',
  options: ['dir', 'socket', 'json', 'watch'],
  async run(given, surroundings): Promise<Answer> {
    const look = (): Promise<Answer> => lookOnce(socketOf(given, surroundings), given.flags);
    return given.flags.has('watch') ? watch(look, given.flags.has('json'), surroundings) : look();
  },
};

async function lookOnce(path: string, flags: ReadonlySet<string>): Promise<Answer> {
  try {
    const answer = await ask(path, { request: 'status' }, ANSWER_MS);
    if (!answer.ok) return failed('status', answer.message);
    const snapshot = (answer as StatusAnswer).status;
    if (!flags.has('json')) return { code: 0, out: statusText(snapshot, Date.now()) };
    // Of many each is a line, for programs that read lines.
    return { code: 0, out: flags.has('watch') ? JSON.stringify(snapshot) : toJson(snapshot) };
  } catch (error) {
    return answerSilence('status', error);
  }
}

/** Until somebody ends it, nobody reads any more, or the master has gone. */
async function watch(look: () => Promise<Answer>, isJson: boolean, surroundings: Surroundings): Promise<Answer> {
  const { say, isTerminal } = surroundings;
  for (let isFirst = true; ; isFirst = false) {
    const answer = await look();
    if (answer.out === undefined) return answer;
    const before = isJson ? '' : isTerminal ? REDRAW : isFirst ? '' : '\n';
    if (!say(`${before}${answer.out}`)) return { code: 0 };
    await sleep(WATCH_MS);
  }
}
