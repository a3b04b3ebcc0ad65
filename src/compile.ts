/** What `eggcup compile` runs, with a fixed `--hash-seed`: writes the code cache of the cluster's program and prints its path. */
import { clusterProgram, writeCodeCache } from './code-cache.js';
import { messageOf } from './errors.js';
import { printLine } from './terminal.js';

try {
  printLine(1, writeCodeCache(clusterProgram()));
} catch (error) {
  printLine(2, messageOf(error));
  process.exitCode = 1;
}
