#!/usr/bin/env node
/**
 * The container's entrypoint: `node dist/entry.js`. Signals are claimed before anything else is even loaded.
 * The one file that reads `process.argv` and calls `process.exit`.
 */
import { join, resolve } from 'node:path';
import { ClaimedSignals } from './init/claimed-signals.js';
import type { CommandEnd } from './init/command-end.js';
import type { EntryRequest } from './init/entry-args.js';
import { writeLine } from './init/write-line.js';
import { loadNative, whyNotNative } from './native/addon.js';

const native = loadNative();
const signals = new ClaimedSignals(native);
// Should the loop ever run dry before there is an answer, that is a fault and no success.
process.exitCode = 70;
void main().catch(fault).then(leave);

async function main(): Promise<number> {
  const { parseEntryArgs, ENTRY_USAGE } = await import('./init/entry-args.js');
  const request = parseEntryArgs(process.argv.slice(2), process.env);
  switch (request.kind) {
    case 'help':
      return print(ENTRY_USAGE);
    case 'version': {
      const { version } = await import('./terminal.js');
      return print(version());
    }
    case 'refused':
      writeLine(2, `eggcup: ${request.why}`);
      return terminated({ code: 78, reason: request.why });
    case 'command': {
      const logFile = terminationLog(); // Before the working directory is left.
      const end = await runCommand(request);
      return end.code === 0 ? 0 : terminated({ ...end, isCommands: true }, logFile);
    }
    case 'cluster': {
      const { clusterProgram, loadProgram } = await import('./code-cache.js');
      const { runCluster } = loadProgram(clusterProgram(), native) as typeof import('./master/run-cluster.js');
      const { workingDirectory } = await import('./terminal.js');
      const exampleFile = join(import.meta.dirname, '../examples/hello/cluster.yaml');
      const { configFile, set } = request;
      const { env } = process;
      const nativePart = { native, whyNotNative: whyNotNative() };
      return runCluster({ signals, ...nativePart, configFile, set, exampleFile, env, cwd: workingDirectory() });
    }
  }
}

async function runCommand(request: EntryRequest & { kind: 'command' }): Promise<CommandEnd> {
  const { Voice } = await import('./init/voice.js');
  const { command, options } = request;
  const details = { command, options, signals, env: process.env, voice: new Voice(options.verbosity) };
  if (native === undefined) {
    const { runCommandWithoutNative } = await import('./init/command-fallback.js');
    return runCommandWithoutNative(details, whyNotNative() ?? 'unknown');
  }
  const { runCommand: run } = await import('./init/command.js');
  return run(details, native);
}

function print(text: string): number {
  return writeLine(1, text) ? 0 : 1;
}

/** Leaves the reason for the kubelet. */
async function terminated(
  end: CommandEnd & { readonly isCommands?: boolean },
  logFile = terminationLog(),
): Promise<number> {
  const { DEFAULT_TERMINATION_LOG, writeTerminationLog } = await import('./init/termination-log.js');
  writeTerminationLog(logFile ?? DEFAULT_TERMINATION_LOG, { ...end, exits: [] });
  return end.code;
}

function terminationLog(): string | undefined {
  const file = process.env['EGGCUP__TERMINATION_LOG'];
  return file === undefined ? undefined : resolve(file);
}

/** Whatever a listener to the exit throws: without this the process would live on, and hear of nothing any more. */
function leave(code: number): void {
  try {
    process.exit(code);
  } catch (error) {
    writeLine(2, `eggcup: a fault at its exit: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(code); // The listeners have been called: Node does so once.
  }
}

/** What nobody has foreseen: out of descriptors while loading, a working directory that was removed. */
function fault(error: unknown): number {
  writeLine(2, `eggcup: a fault of its own: ${error instanceof Error ? error.stack : String(error)}`);
  return 70;
}
