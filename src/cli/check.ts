import { type Answer, answerFaults, type CliCommand, loadGiven, shownConfig, toJson } from './command.js';

/** `eggcup check`: is the config right? As JSON: `{ valid, file?, errors: [{ code, path, message, file, line, column }] }`. */
export const check: CliCommand = {
  summary: 'validates the config: exit 0, or 78 and all that is wrong',
  options: ['config', 'set', 'format'],
  run(given, surroundings): Answer {
    try {
      const loaded = loadGiven(given, surroundings);
      if (given.format === 'json') return { code: 0, out: toJson({ valid: true, file: loaded.file, errors: [] }) };
      return { code: 0, out: `${shownConfig(loaded, surroundings.cwd)} is right` };
    } catch (error) {
      return answerFaults(error, given.format);
    }
  },
};
