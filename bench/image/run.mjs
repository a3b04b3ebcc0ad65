/**
 * What the image costs: `npm run bench:image -- [--quick] [--json FILE]` (as root, with podman and buildah:
 * scripts/install-test-tools.sh). Its size beside its base, and the time from `podman run` until the container says that it is
 * ready, beside a bare Node in the same base that listens, and beside a container that ends at once; in turns, so that
 * what else the machine does meets all alike. The images are made, and removed, by this.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { medianOf } from '../median.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
const rounds = options.quick ? 2 : 11;
const NODE = 'localhost/eggcup-test/node';
const EGGCUP = 'localhost/eggcup-test/eggcup';
const RUN = [
  'run',
  '--rm',
  '--network',
  'none',
  '--read-only',
  '--read-only-tmpfs=false',
  '--tmpfs',
  '/run/eggcup',
  '--cpus',
  '2',
];
const LISTEN = 'require("http").createServer().listen(7001, () => console.log("listens"))';
const candidates = {
  'a Node that ends at once': { args: [NODE, 'node', '-e', 'console.log("listens")'], ready: 'listens' },
  'a Node that listens': { args: [NODE, 'node', '-e', LISTEN], ready: 'listens' },
  'eggcup with its example, 2 workers': { args: [EGGCUP], ready: '"event":"cluster.ready"' },
};

const folder = mkdtempSync(join(tmpdir(), 'eggcup-bench-image-'));
const env = {
  ...process.env,
  CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
  CONTAINERS_CONF: join(folder, 'containers.conf'),
};
const podman = (...args) => execFileSync('podman', args, { env, encoding: 'utf8' });

let started = 0;

/** Milliseconds until a container has printed what says that it is ready. It is killed then: a bare Node that is PID 1 hears no SIGTERM. */
async function start({ args, ready }) {
  const name = `eggcup-bench-${process.pid}-${(started += 1)}`;
  const begin = performance.now();
  const child = spawn('podman', [...RUN, '--name', name, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let output = '';
  let time;
  for await (const chunk of child.stdout) {
    output += chunk;
    if (time === undefined && output.includes(ready)) {
      time = performance.now() - begin;
      spawn('podman', ['kill', name], { env, stdio: 'ignore' });
    }
  }
  await closed;
  if (time === undefined) throw new Error(`the container did not get ready: ${output}`);
  return time;
}

try {
  execFileSync(fileURLToPath(new URL('../../scripts/test-images.sh', import.meta.url)), [folder], { stdio: 'inherit' });
  const size = (image) => Number(podman('image', 'inspect', '--format', '{{.Size}}', image)) / 1e6;
  const sizes = { [NODE]: size(NODE), [EGGCUP]: size(EGGCUP) };
  const samples = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, candidate] of Object.entries(candidates)) samples[name].push(await start(candidate));

  console.log(`Node ${process.version}, ${rounds} rounds`);
  for (const [image, megabytes] of Object.entries(sizes)) console.log(`${image}: ${megabytes.toFixed(1)} MB`);
  console.log('| from `podman run` until ready, ms | median | min |\n|---|---|---|');
  const starts = {};
  for (const [name, times] of Object.entries(samples)) {
    const [median, min] = [medianOf(times), Math.min(...times)];
    starts[name] = { median, min };
    console.log(`| ${name} | ${median.toFixed(0)} | ${min.toFixed(0)} |`);
  }
  if (options.json !== undefined) {
    const document = { node: process.version, rounds, sizes, starts };
    writeFileSync(options.json, `${JSON.stringify(document, undefined, 2)}\n`);
  }
} finally {
  podman('rm', '--all', '--force', '--time', '0');
  podman('rmi', '--all', '--force');
  spawnSync('umount', [join(folder, 'graph/overlay')]);
  rmSync(folder, { recursive: true, force: true });
}
