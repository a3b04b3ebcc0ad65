/** `listen.strategy`: whoever shares the connections out, no request is lost when workers are exchanged. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startScript } from '../helpers/cluster.js';
import { network } from '../helpers/namespace.js';
import { changeWithoutLoss } from '../helpers/strategies.js';

/** SO_REUSEPORT came with Node.js 22.12; 20 is the only one before it. */
const HAS_REUSE_PORT = !process.versions.node.startsWith('20.');

test('shared: all accept from one queue', async (t) => {
  await changeWithoutLoss(t, 'shared');
});

if (HAS_REUSE_PORT) {
  test('reusePort: each has a queue of its own', async (t) => {
    await inNetwork(t, { migrates: true }, 'reusePort');
  });

  test('two masters at the same moment do not share a port, which SO_REUSEPORT would let them', async (t) => {
    await inNetwork(t, { migrates: true }, 'reusePort', 'twice');
  });

  test('auto is reusePort where that is safe', async (t) => {
    await inNetwork(t, { migrates: true }, 'auto', 'reusePort');
  });
}

test('auto is roundRobin where reusePort is not safe, and says why', async (t) => {
  await inNetwork(t, { migrates: false }, 'auto', 'roundRobin');
});

test('reusePort is refused where it would lose connections', async (t) => {
  const wrapper = network(t, { migrates: false });
  if (wrapper === undefined) return;
  const cluster = await startScript(t, 'scripts/hello.js', { listen: { strategy: 'reusePort' } }, { wrapper });
  assert.equal(await cluster.ended(), 78);
  const expected = HAS_REUSE_PORT ? 'net.ipv4.tcp_migrate_req is 0' : 'has no SO_REUSEPORT';
  const [failed] = cluster.logged('boot.failed');
  assert.equal(failed?.['code'], 'ERR_LISTEN_STRATEGY');
  assert.ok(String(failed['problem']).includes(expected), String(failed['problem']));
});

/** In a network of its own; the clients have to be there too. */
async function inNetwork(t: TestContext, kind: { readonly migrates: boolean }, ...args: string[]): Promise<void> {
  const [command, ...wrapped] = network(t, kind) ?? [];
  if (command === undefined) return;
  const program = fileURLToPath(new URL('../helpers/strategy-program.js', import.meta.url));
  const child = spawn(command, [...wrapped, process.execPath, '--enable-source-maps', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, output);
}
