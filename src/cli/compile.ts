import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.js';
import type { Answer, CliCommand } from './command.js';

/** `eggcup compile`: V8's code cache of eggcup's own program, for the Node that runs it. Exit 1 when it cannot be written. */
export const compile: CliCommand = {
  summary: 'compiles eggcup itself for this Node.js, which starts it faster: a step of an image’s build',
  options: [],
  run(_given, { env }): Answer {
    const program = fileURLToPath(new URL('../compile.js', import.meta.url));
    const folder = dirname(program);
    try {
      accessSync(`${folder}/master`, constants.W_OK);
    } catch (error) {
      const why = `${folder} cannot be written; call it while the image is built, as its owner: ${messageOf(error)}`;
      return { code: 1, err: `eggcup compile: ${why}` };
    }
    // A fixed seed, or the same sources would not give the same image.
    const words = [...process.execArgv, '--hash-seed=1', program];
    const ended = spawnSync(process.execPath, words, { env, encoding: 'utf8' });
    const { status, signal, stdout, stderr, error } = ended;
    if (status === 0) return { code: 0, out: `wrote ${stdout.trimEnd()}` };
    const why = error === undefined ? stderr.trimEnd() || `it was ended by ${signal}` : messageOf(error);
    return { code: 1, err: `eggcup compile: ${why}` };
  },
};
