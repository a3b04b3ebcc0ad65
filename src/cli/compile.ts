import { accessSync, constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import { clusterProgram, writeCodeCache } from '../code-cache.js';
import { ConfigError } from '../config/config-error.js';
import { EggcupError, messageOf } from '../errors.js';
import { type Answer, answerFaults, type CliCommand, loadGiven, type Surroundings } from './command.js';
import type { Given } from './options.js';
import type { Kept } from '../training/drafts.js';
import { rehearse } from '../training/rehearse.js';
import { train, type Trained } from '../training/train.js';

/**
 * `eggcup compile`: V8's code cache of eggcup's own program, for the Node that runs it; with `--app` what the application loads until it
 * is ready, which starts it once. Exit 1 when nothing can be written.
 */
export const compile: CliCommand = {
  summary:
    'compiles eggcup, or what an application loads, for this Node.js: both start faster. A step of an image’s build',
  options: ['app', 'config', 'set'],
  run(given, surroundings): Answer | Promise<Answer> {
    if (given.flags.has('app')) return compileApp(given, surroundings);
    const isForApp = given.config !== undefined || given.set.length > 0;
    return isForApp
      ? { code: 78, err: 'eggcup compile: --config and --set go with --app' }
      : compileItself(surroundings);
  },
};

async function compileItself({ env }: Surroundings): Promise<Answer> {
  const program = clusterProgram();
  const folder = dirname(program);
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    return failed(`${folder} cannot be written; call it while the image is built, as its owner: ${messageOf(error)}`);
  }
  try {
    const { code, whyWhole } = await rehearse(env);
    const out = `wrote ${writeCodeCache(program, code)}`;
    if (whyWhole === undefined) return { code: 0, out };
    return { code: 0, out, err: `eggcup compile: all of the program, for it could not be started here: ${whyWhole}` };
  } catch (error) {
    return failed(messageOf(error));
  }
}

async function compileApp(given: Given, surroundings: Surroundings): Promise<Answer> {
  let baseDir: string;
  try {
    ({ baseDir } = loadGiven(given, surroundings).config.app);
  } catch (error) {
    if (error instanceof ConfigError) return answerFaults(error, 'text');
    throw error;
  }
  const words = [
    ...(given.config === undefined ? [] : ['--config', given.config]),
    ...given.set.flatMap((setting) => ['--set', setting]),
  ];
  try {
    return answer(await train(words, baseDir, surroundings));
  } catch (error) {
    if (error instanceof EggcupError) return failed(error.message);
    return failed(`${messageOf(error)}; call it while the image is built, as the owner of ${baseDir}`);
  }
}

function answer({ kept, why }: Trained): Answer {
  if (kept.length === 0)
    return failed(`the application has loaded nothing that can be kept: ${why ?? 'no module at all'}`);
  const faults = [
    ...kept.flatMap((one) =>
      one.kind === 'written' ? one.without.map((fault) => `${basename(one.file)} is without ${fault}`) : [],
    ),
    ...(why === undefined ? [] : [`only what was loaded until the application failed to get ready: ${why}`]),
  ];
  const out = kept.map(shown).join('\n');
  return faults.length === 0
    ? { code: 0, out }
    : { code: 0, out, err: faults.map((fault) => `eggcup compile: ${fault}`).join('\n') };
}

function shown(kept: Kept): string {
  return kept.kind === 'older'
    ? `${kept.file} stays as it was`
    : `wrote ${kept.file}: ${kept.code} modules, ${kept.resolved} requests`;
}

function failed(why: string): Answer {
  return { code: 1, err: `eggcup compile: ${why}` };
}
