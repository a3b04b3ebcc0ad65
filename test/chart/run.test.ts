/** eggcup itself, started with what the chart renders: the config, the variables, the probes. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { fixture, projectRoot, startCluster } from '../helpers/cluster.js';
import { only, templateWith, testWithHelm } from '../helpers/helm.js';
import { podOf } from '../helpers/kubernetes.js';
import { freePort, get } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

testWithHelm(
  'eggcup runs as the chart says, sizes by the CPU request, answers the probes and ends in time',
  async (t, helm) => {
    const dir = join(temporaryDirectory(t), 'health');
    const probe = join(projectRoot, 'dist/probe.js');
    const rendered = templateWith(helm, {
      config: {
        app: { baseDir: fixture('scripts'), script: 'hello.js', port: await freePort() },
        health: { dir },
        shutdown: { delay: '1s' },
      },
      probes: { command: [process.execPath, probe] },
      // Less than this machine has, so that its cpuset does not decide.
      resources: { requests: { cpu: 1 } },
    });
    const container = podOf(only(rendered, 'Deployment'))?.containers[0];
    assert.ok(container);
    const cluster = startCluster(t, {
      config: parse(only(rendered, 'ConfigMap')['data']['cluster.yaml']) as Record<string, unknown>,
      env: environmentOf(container.env ?? [], '1000'),
    });
    const ask = (name: 'startup' | 'readiness' | 'liveness'): number | null => {
      const [program = '', ...args] = (container[`${name}Probe`]?.exec.command ?? []) as string[];
      return spawnSync(program, args, { env: { EGGCUP_HEALTH_DIR: dir } }).status;
    };
    await until('the startup probe to succeed', () => ask('startup') === 0);
    assert.deepEqual([ask('readiness'), ask('liveness')], [0, 0]);

    const { reasons } = await cluster.untilLogged('boot');
    const quota = cluster.status()?.container['cpuQuota'];
    // Where the tests run under a quota of their own, that wins.
    if (quota === null) assert.match(String(reasons), /^1 worker: workers\.cpu 1 gives 1 \(CPU quota absent\)/);
    else t.diagnostic(`a quota of ${JSON.stringify(quota)} CPUs here wins over the request`);

    cluster.signal('SIGTERM');
    await until('no traffic to be wanted', () => ask('readiness') === 1);
    assert.deepEqual([ask('startup'), ask('liveness')], [0, 0], 'not restarted while it ends');
    assert.equal(await cluster.ended(), 0);
    await cluster.assertGone();
  },
);

testWithHelm('eggcup answers the HTTP probes as the chart says', async (t, helm) => {
  const rendered = templateWith(helm, {
    config: {
      app: { baseDir: fixture('scripts'), script: 'hello.js', port: await freePort() },
      health: { dir: join(temporaryDirectory(t), 'health'), http: { port: await freePort() } },
      shutdown: { delay: '1s' },
    },
    probes: { mode: 'http' },
  });
  const container = podOf(only(rendered, 'Deployment'))?.containers[0];
  assert.ok(container);
  const cluster = startCluster(t, {
    config: parse(only(rendered, 'ConfigMap')['data']['cluster.yaml']) as Record<string, unknown>,
    env: environmentOf(container.env ?? [], '1000'),
  });
  const ask = async (name: 'startup' | 'readiness' | 'liveness'): Promise<number> => {
    const { path, port } = container[`${name}Probe`].httpGet as { path: string; port: string };
    const number = (container.ports as { name: string; containerPort: number }[]).find((it) => it.name === port);
    return get(number?.containerPort ?? 0, path).then(
      ({ status }) => status,
      () => 0,
    );
  };
  await until('the startup probe to succeed', async () => (await ask('startup')) === 200);
  assert.deepEqual([await ask('readiness'), await ask('liveness')], [200, 200]);
  cluster.signal('SIGTERM');
  await until('no traffic to be wanted', async () => (await ask('readiness')) === 503);
  assert.deepEqual([await ask('startup'), await ask('liveness')], [200, 200], 'not restarted while it ends');
  assert.equal(await cluster.ended(), 0);
});

testWithHelm('helm test succeeds with any page, and fails at 5xx and where nobody listens', async (t, helm) => {
  const [program = '', ...args] = only(templateWith(helm, {}), 'Pod')['spec'].containers[0].command as string[];
  const answers = async (status: number): Promise<string> => {
    const server = createServer((_request, response) => response.writeHead(status).end());
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const ask = async (url: string): Promise<readonly unknown[]> => {
    const child = spawn(program, [...args.slice(0, -1), url], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = Promise.all([child.stdout, child.stderr].map((stream) => text(stream)));
    const [code] = (await once(child, 'close')) as [number];
    return [code, (await output).join('')];
  };
  const [page, missing, broken] = [await answers(200), await answers(404), await answers(500)];
  const nobody = `http://127.0.0.1:${await freePort()}/`;
  assert.deepEqual(await ask(page), [0, `${page}: 200\n`]);
  assert.deepEqual(await ask(missing), [0, `${missing}: 404\n`]);
  assert.deepEqual(await ask(broken), [1, `${broken}: 500\n`]);
  const [code, said] = await ask(nobody);
  assert.equal(code, 1);
  assert.match(String(said), /ECONNREFUSED/);
});

/** As the kubelet makes them: the field of the downward API, then what refers to it. */
function environmentOf(
  variables: readonly { readonly name: string; readonly value?: string }[],
  millicpus: string,
): Record<string, string> {
  const given = variables.filter(({ name }) => name !== 'EGGCUP_CONFIG');
  return Object.fromEntries(
    given.map(({ name, value }) => [name, value?.replace('$(EGGCUP_CPU_REQUEST)', millicpus) ?? millicpus]),
  );
}
