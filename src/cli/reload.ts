import { ANSWER_MS, ask } from '../control/client.js';
import type { ReloadAnswer, Refusal } from '../control/protocol.js';
import { answerSilence, failed, socketOf } from './ask.js';
import type { Answer, CliCommand } from './command.js';

/** `eggcup reload`: as SIGHUP, and says how it went: exit 0 when all was replaced, 1 when it was refused or given up. */
export const reload: CliCommand = {
  summary: 'reads the config again and replaces all app workers, one by one; exit 1 when that is refused or fails',
  options: ['dir', 'socket', 'no-wait'],
  async run(given, surroundings): Promise<Answer> {
    const wait = !given.flags.has('no-wait');
    const begun = performance.now();
    try {
      // As long as the last request of the last worker may take.
      const path = socketOf(given, surroundings);
      const answer = await ask(path, { request: 'reload', wait }, wait ? undefined : ANSWER_MS);
      if (!answer.ok) return refused(answer);
      if ((answer as ReloadAnswer).reload === 'begun')
        return { code: 0, out: 'the config is right; all app workers are being replaced: see eggcup status' };
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      return { code: 0, out: `all app workers have been replaced, in ${seconds} s` };
    } catch (error) {
      return answerSilence('reload', error);
    }
  },
};

function refused({ code, message, problems = [] }: Refusal): Answer {
  const why = code === 'aborted' ? `given up: ${message}` : message;
  return failed('reload', [why, ...problems].join('\n'));
}
