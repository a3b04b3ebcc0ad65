import { type Finding, failure, ok, warning } from './finding.js';

/** What this program itself is made of. */
export interface Program {
  /** Without a `v`. */
  readonly node: string;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Why the native part can't be loaded; `undefined` when it can. */
  readonly whyNotNative: string | undefined;
  readonly nodeOptions: string | undefined;
  /** Of `eggcup compile`. */
  readonly codeCache: 'usable' | 'none' | { readonly why: string };
}

export function lookAtProgram(program: Program): readonly Finding[] {
  const { node, platform, arch, whyNotNative, nodeOptions, codeCache } = program;
  return [
    isSupported(node)
      ? ok('Node.js', node)
      : failure('Node.js', node, 'take a base image with Node.js 20.19, 22.12 or later'),
    platform === 'linux'
      ? ok('platform', `${platform} ${arch}`)
      : warning('platform', `${platform} ${arch}`, 'for development only: no container limits, no processes in /proc'),
    whyNotNative === undefined
      ? ok('native part', 'loaded')
      : warning('native part', whyNotNative, 'orphans are not reaped: `docker run --init`, or a mount without noexec'),
    lookAtCodeCache(codeCache),
    ...lookAtNodeOptions(nodeOptions),
  ];
}

function lookAtCodeCache(found: Program['codeCache']): Finding {
  const name = 'code cache';
  if (found === 'usable') return ok(name, 'there is one for this Node.js');
  if (found === 'none') return ok(name, 'none; `eggcup compile` in the image’s build makes one');
  return warning(
    name,
    found.why,
    'eggcup starts slower: `eggcup compile` in the image’s build, with the options of Node.js that it will have',
  );
}

/** `engines` in package.json. */
export function isSupported(node: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major === 20) return minor >= 19;
  return major > 22 || (major === 22 && minor >= 12);
}

function lookAtNodeOptions(nodeOptions: string | undefined): readonly Finding[] {
  if (nodeOptions === undefined || nodeOptions === '') return [];
  const name = 'NODE_OPTIONS';
  if (/--(?:experimental-)?permission\b/.test(nodeOptions))
    return [failure(name, nodeOptions, 'without --permission: a master must start processes and write files')];
  if (/--max-old-space-size\b|--max_old_space_size\b/.test(nodeOptions)) {
    const remedy = 'holds for the master and the agent as well: set workers.heap instead';
    return [warning(name, nodeOptions, remedy)];
  }
  return [ok(name, nodeOptions)];
}
