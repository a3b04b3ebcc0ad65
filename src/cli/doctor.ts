import { tmpdir } from 'node:os';
import { clusterProgram, judgeCodeCache } from '../code-cache.js';
import { ConfigError } from '../config/config-error.js';
import type { LoadedConfig } from '../config/load.js';
import { hiddenTexts, MASK } from '../config/mask.js';
import { lookAtCluster } from '../doctor/cluster.js';
import { type Finding, failure, ok } from '../doctor/finding.js';
import { lookAtInit } from '../doctor/init.js';
import { lookAtKernel } from '../doctor/kernel.js';
import { lookAtLimits } from '../doctor/limits.js';
import { lookAtModuleCache } from '../doctor/modules.js';
import { lookAtPaths } from '../doctor/paths.js';
import { lookAtProgram } from '../doctor/program.js';
import { lookAtSticky } from '../doctor/sticky.js';
import { loadNative, whyNotNative } from '../native/addon.js';
import { type Answer, type CliCommand, loadGiven, type Surroundings, toJson } from './command.js';
import type { Given } from './options.js';

/**
 * `eggcup doctor`: what this container allows, each with its remedy where it should be otherwise. Exit 1 when the cluster would
 * not start. As JSON `{ findings: [{ name, level: ok|warning|failure, found, remedy? }] }`.
 */
export const doctor: CliCommand = {
  summary: 'says what this container allows, and what to do about it; exit 1 when the cluster would not start',
  options: ['config', 'set', 'format'],
  async run(given, surroundings): Promise<Answer> {
    const findings = await examine(given, surroundings);
    const code = findings.some(({ level }) => level === 'failure') ? 1 : 0;
    return { code, out: given.format === 'json' ? toJson({ findings }) : asText(findings) };
  },
};

async function examine(given: Given, surroundings: Surroundings): Promise<readonly Finding[]> {
  const { env, cwd } = surroundings;
  const native = loadNative();
  const loaded = load(given, surroundings);
  const known = 'level' in loaded ? undefined : loaded;
  const config = known?.config;
  const { platform, arch, pid, versions } = process;
  const findings = [
    ...lookAtProgram({
      node: versions.node,
      platform,
      arch,
      whyNotNative: whyNotNative(),
      nodeOptions: env['NODE_OPTIONS'],
      codeCache: judgeCodeCache(clusterProgram()),
    }),
    ...(platform === 'linux' ? lookAtInit('/', pid, native) : []),
    ...(platform === 'linux' ? lookAtLimits('/', { cpu: config?.workers.cpu }) : []),
    ...(platform === 'linux' ? lookAtKernel('/', { port: config?.app.port, uid: process.getuid?.() ?? 0 }) : []),
    'level' in loaded ? loaded : ok('config', loaded.file),
    ...(config === undefined ? [] : lookAtPaths(config, env, tmpdir())),
    ...(config === undefined ? [] : lookAtModuleCache(config, env)),
    ...(config === undefined ? [] : lookAtSticky(config.listen.sticky, native)),
    ...(known === undefined ? [] : await lookAtCluster(known, cwd)),
  ];
  const secrets = known === undefined ? [] : hiddenTexts(known).filter(({ length }) => length >= LEAST_SECRET);
  return findings.map((finding) => Object.assign(finding, { found: without(secrets, finding.found) }));
}

/** Less would be found in everything. */
const LEAST_SECRET = 4;

/** A path may have been read from a file of secrets, and is part of what was found there. */
function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, MASK), text);
}

function load(given: Given, surroundings: Surroundings): LoadedConfig | Finding {
  try {
    return loadGiven(given, surroundings);
  } catch (error) {
    if (error instanceof ConfigError) return failure('config', error.message, 'mend it: each fault has its remedy');
    throw error;
  }
}

const SIGNS = { ok: 'ok     ', warning: 'warning', failure: 'FAILURE' } as const;

function asText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const indent = ' '.repeat(SIGNS.ok.length + width + 4);
  return findings
    .flatMap(({ name, level, found, remedy }) => [
      `${SIGNS[level]}  ${name.padEnd(width)}  ${found.replaceAll('\n', `\n${indent}`)}`,
      ...(remedy === undefined ? [] : [`${indent}→ ${remedy}`]),
    ])
    .join('\n');
}
