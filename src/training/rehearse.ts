import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectPort } from 'detect-port';
import { EggcupError, messageOf } from '../errors.js';
import { type Start, startOnce } from './start-once.js';
import { StopSignal } from './stop-signal.js';
import { makeTemporaryFolder } from './temporary-folder.js';

/** The cluster's program, compiled. */
export interface Rehearsed {
  readonly code: Buffer;
  /** Why it is all of the program, instead of what a start needs. */
  readonly whyWhole: string | undefined;
}

/** What follows upon being ready has been done by then. */
const REST_MS = 300;
const LONGEST_MS = 60_000;

const program = join(import.meta.dirname, '../compile.js');

/** The least that a cluster can be, as people write it. */
const REHEARSAL = {
  'cluster.yaml': `# One worker: of two processes now one is faster and now the other.
apiVersion: eggcup/v1
app:
  script: server.js
  port: '\${PORT}'
  env: { NODE_ENV: production }
`,
  'server.js': "require('node:http').createServer().listen(process.env.PORT);",
};

/**
 * What V8 has compiled of the cluster's program by the time that a small cluster is ready: it is started here, once, and ended. Where it can't be, all of
 * the program. Throws `ERR_COMPILE` when neither can be had, `ERR_TEMPORARY` and `ERR_STOPPED`.
 */
export async function rehearse(environment: NodeJS.ProcessEnv): Promise<Rehearsed> {
  const stop = new StopSignal();
  const folder = makeTemporaryFolder();
  const draft = join(folder, 'code');
  // With a fixed seed, or the same program would not give the same image.
  const words = [...process.execArgv, '--hash-seed=1', program, draft];
  try {
    for (const [name, text] of Object.entries(REHEARSAL)) writeFileSync(join(folder, name), text);
    const env = { ...withoutSettings(environment), PORT: String(await detectPort({ port: 0, hostname: '127.0.0.1' })) };
    const start = {
      words: [...words, '--config', join(folder, 'cluster.yaml')],
      restMs: REST_MS,
      folder,
      env,
      cwd: folder,
    };
    const why = await startInTime(start, stop.signal);
    const whyWhole = why ?? (existsSync(draft) ? undefined : 'it has left nothing');
    if (whyWhole !== undefined) rmSync(draft, { force: true });
    writeAgain(words, env);
    return { code: readFileSync(draft), whyWhole };
  } finally {
    stop.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The cluster itself looks at no clock. */
async function startInTime(start: Start, stop: AbortSignal): Promise<string | undefined> {
  try {
    return await startOnce(start, AbortSignal.any([stop, AbortSignal.timeout(LONGEST_MS)]));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError')
      return `not ready within ${LONGEST_MS / 1000} s`;
    throw error;
  }
}

/** What is there now in the same bytes for the same functions, or the whole program. */
function writeAgain(words: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, signal, stderr, error } = spawnSync(process.execPath, words, { env, encoding: 'utf8' });
  if (status === 0) return;
  const why = error === undefined ? stderr.trimEnd() || `it was ended by ${signal}` : messageOf(error);
  throw new EggcupError('ERR_COMPILE', why);
}

/** Those for a cluster that is to run in the image say nothing here. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('EGGCUP_')));
}
