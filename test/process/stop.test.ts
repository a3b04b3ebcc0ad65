import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

test('each stop signal ends the cluster with 0: not ready, then workers, then agent', async (t) => {
  for (const signal of STOP_SIGNALS) {
    const cluster = await startScript(t, 'scripts/hello.js', { agent: { script: fixture('scripts/agent-idle.js') } });
    await cluster.untilReady();
    assert.equal(await cluster.stop(signal), 0);
    const exits = cluster.logged('child.exited').map((line) => line['slot']);
    assert.deepEqual(exits.slice(0, 2).toSorted(), ['app-0', 'app-1']);
    assert.equal(exits[2], 'agent');
    assert.equal(cluster.logged('child.forked').length, 3, 'nothing is forked after a stop');
    await cluster.assertGone();
  }
});

test('requests that are open at SIGTERM finish, for every kind of server', async (t) => {
  for (const script of ['scripts/hello.js', 'scripts/koa.js', 'scripts/express.js', 'scripts/fastify.mjs']) {
    const cluster = await startScript(t, script);
    await cluster.untilReady();
    const open = Array.from({ length: 10 }, () => get(cluster.port, '/slow?1000'));
    // They have all arrived when one that was sent after them is answered, by each worker.
    await Promise.all(Array.from({ length: 4 }, () => get(cluster.port)));
    const [code, ...replies] = await Promise.all([cluster.stop(), ...open]);
    assert.equal(code, 0, script);
    for (const reply of replies) {
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['connection'], 'close');
    }
    await cluster.assertGone();
  }
});

test('`ready` goes before shutdown.delay, and requests are served during it', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { shutdown: { delay: '1s', app: '5s', agent: '1s' } });
  await cluster.untilReady();
  cluster.signal('SIGTERM');
  await until('ready to go', () => !cluster.hasFile('ready'));
  const reply = await get(cluster.port);
  assert.match(reply.body, /^\d+$/);
  // Whoever keeps its connection would otherwise be found on it when the delay is over.
  assert.equal(reply.headers['connection'], 'close');
  assert.ok(cluster.hasFile('live') && cluster.hasFile('started'));
  assert.equal(await cluster.ended(), 0);
  await cluster.assertGone();
});

test('requests that follow each other on kept connections are all answered, with and without a delay', async (t) => {
  for (const delay of ['0s', '1s']) {
    const cluster = await startScript(t, 'scripts/hello.js', { shutdown: { delay, app: '5s', agent: '1s' } });
    await cluster.untilReady();
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    t.after(() => agent.destroy());
    let answered = 0;
    const clients = Array.from({ length: 20 }, async () => {
      // Until its connection has been closed after an answer.
      for (;;) {
        const reply = await get(cluster.port, '/', undefined, agent);
        answered += 1;
        if (reply.headers['connection'] === 'close') return;
      }
    });
    await until('all to be busy', () => answered > 200);
    const [code] = await Promise.all([cluster.stop(), ...clients]);
    assert.equal(code, 0);
    await cluster.assertGone();
  }
});

test('a script that listens to SIGTERM itself ends in its own way', async (t) => {
  const cluster = await startScript(t, 'scripts/own-end.js');
  await cluster.untilReady();
  assert.equal(await cluster.stop(), 0);
  assert.equal(cluster.output.match(/^own end$/gm)?.length, 2);
  await cluster.assertGone();
});

test('who ignores SIGTERM is killed at the end of its time, and the exit code is 15', async (t) => {
  for (const [app, agent, killed] of [
    ['scripts/stubborn.js', 'scripts/agent-idle.js', ['app-0', 'app-1']],
    ['scripts/hello.js', 'scripts/agent-stubborn.js', ['agent']],
  ] as const) {
    const cluster = await startScript(t, app, {
      agent: { script: fixture(agent) },
      shutdown: { app: '700ms', agent: '500ms' },
    });
    await cluster.untilReady();
    assert.equal(await cluster.stop(), 15);
    assert.deepEqual(
      cluster
        .logged('child.killed')
        .map((line) => line['slot'])
        .toSorted(),
      [...killed],
    );
    await cluster.assertGone();
  }
});

test('a stopped (SIGSTOP) worker is killed at the end of its time', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { shutdown: { app: '500ms', agent: '500ms' } });
  await cluster.untilReady();
  cluster.kill('app-0', 'SIGSTOP');
  assert.equal(await cluster.stop(), 15);
  await cluster.assertGone();
});

test('a second signal skips the delay and shortens the drain', async (t) => {
  const cluster = await startScript(t, 'scripts/stubborn.js', {
    shutdown: { delay: '100s', app: '100s', agent: '1s', grace: '300s' },
  });
  await cluster.untilReady();
  cluster.signal('SIGTERM');
  await cluster.untilLogged('stop.begun');
  cluster.signal('SIGINT');
  assert.equal(await cluster.ended(), 15);
  assert.equal(cluster.logged('stop.hurried').length, 1);
  await cluster.assertGone();
});

test('a third signal kills at once', async (t) => {
  const cluster = await startScript(t, 'scripts/stubborn.js', {
    agent: { script: fixture('scripts/agent-stubborn.js') },
    shutdown: { delay: '100s', app: '100s', agent: '1s', grace: '300s' },
  });
  await cluster.untilReady();
  for (const [signal, event] of [
    ['SIGTERM', 'stop.begun'],
    ['SIGTERM', 'stop.hurried'],
    ['SIGTERM', 'stop.forced'],
  ] as const) {
    cluster.signal(signal);
    await cluster.untilLogged(event);
  }
  assert.equal(await cluster.ended(), 15);
  await cluster.assertGone();
});

test('who had to be killed is named, three of them', async (t) => {
  const shutdown = { app: '500ms', agent: '1s' };
  const cluster = await startScript(t, 'scripts/stubborn.js', { workers: { count: 5 }, shutdown });
  await cluster.untilReady();
  assert.equal(await cluster.stop(), 15);
  const killed = 'app-\\d \\(pid \\d+\\) had to be killed';
  assert.match(
    String(cluster.logged('cluster.failed')[0]?.['reason']),
    new RegExp(`^SIGTERM received; (?:${killed}; ){2}${killed} and 2 more$`),
  );
  await cluster.assertGone();
});

test('a client that says nothing, or not all, does not hold up the stop', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { shutdown: { app: '20s', agent: '1s' } });
  await cluster.untilReady();
  for (const text of ['', 'GET / HTTP/1.1\r\nHo']) {
    // Half open: it does not answer the other side's end.
    const silent = connect({ port: cluster.port, host: '127.0.0.1', allowHalfOpen: true });
    silent.on('error', () => undefined).write(text);
    await once(silent, 'connect');
  }
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('big messages under way do not hold up the stop', async (t) => {
  const cluster = await startScript(t, 'scripts/big-messages.js', { shutdown: { app: '20s', agent: '1s' } });
  await cluster.untilReady();
  await until('some to be sent', () => (cluster.status()?.children.length ?? 0) > 0);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a stop meets a worker that drains after an uncaught exception: its open requests still finish', async (t) => {
  const cluster = await startScript(t, 'scripts/crash-on-request.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const before = cluster.pidOf('app-0') ?? 0;
  const open = get(cluster.port, '/slow?4000');
  await get(cluster.port);
  get(cluster.port, '/throw').catch(() => undefined);
  await cluster.untilReplaced('app-0', before);
  const code = cluster.stop();
  assert.equal((await open).body, `slow ${before}`);
  assert.ok([0, 15].includes(Number(await code)), 'the request that threw is never answered, and may be cut off');
  await cluster.assertGone();
});

test('who has connected right before a stop is answered: the master has taken the connection, and so does a worker', async (t) => {
  for (let round = 0; round < 4; round += 1) {
    const cluster = await startScript(t, 'scripts/hello.js', { workers: { count: 3 } });
    await cluster.untilReady();
    const open = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(cluster.port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        return socket;
      }),
    );
    cluster.signal('SIGTERM');
    for (const socket of open) {
      const [head] = (await once(socket, 'data')) as [Buffer];
      assert.match(head.toString(), /^HTTP\/1\.1 200 /);
    }
    assert.equal(await cluster.ended(), 0);
  }
});
