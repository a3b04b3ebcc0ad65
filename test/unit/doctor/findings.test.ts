/** What the doctor makes of files of the kernel, each found in a folder that stands for `/`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Finding } from '#eggcup/doctor/finding.js';
import { lookAtInit } from '#eggcup/doctor/init.js';
import { lookAtKernel } from '#eggcup/doctor/kernel.js';
import { lookAtLimits } from '#eggcup/doctor/limits.js';
import { isSupported, lookAtProgram } from '#eggcup/doctor/program.js';
import { lookAtSticky } from '#eggcup/doctor/sticky.js';
import { parseSticky } from '#eggcup/sticky/mode.js';
import { projectRoot } from '../../helpers/cluster.js';
import { CGROUP, MACHINE, type Tree, cgroupAt, writeTree } from '../container/tree.js';

function named(findings: readonly Finding[], name: string): Finding {
  const found = findings.find((finding) => finding.name === name);
  assert.ok(found, `${name} among ${findings.map((finding) => finding.name).join(', ')}`);
  return found;
}

/** Every finding that is not ok has its remedy. */
function assertRemedies(findings: readonly Finding[]): void {
  for (const { name, level, remedy } of findings) assert.equal(remedy === undefined, level === 'ok', name);
}

test('the Node versions of engines are supported, and no others', () => {
  const { engines } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  assert.equal(engines.node, '^20.19.0 || >=22.12.0');
  for (const good of ['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0', '26.0.0'])
    assert.ok(isSupported(good), good);
  for (const bad of ['18.20.8', '20.18.3', '21.7.3', '22.11.0', '']) assert.ok(!isSupported(bad), bad);
});

const program = {
  node: '20.20.2',
  platform: 'linux',
  arch: 'x64',
  whyNotNative: undefined,
  codeCache: 'usable',
} as const;

test('options of Node.js that eggcup cannot live with, or that mean something else than one thinks', () => {
  const level = (nodeOptions: string | undefined): string | undefined => {
    const findings = lookAtProgram({ ...program, nodeOptions });
    assertRemedies(findings);
    return findings.find(({ name }) => name === 'NODE_OPTIONS')?.level;
  };
  assert.equal(level(undefined), undefined);
  assert.equal(level('--enable-source-maps'), 'ok');
  assert.equal(level('--permission --allow-fs-read=*'), 'failure');
  assert.equal(level('--max-old-space-size=512'), 'warning');
  assert.equal(level('--max_old_space_size=512'), 'warning');
});

test('an old Node is a failure; another system, or no native part, a warning', () => {
  const findings = lookAtProgram({
    node: '18.20.8',
    platform: 'darwin',
    arch: 'arm64',
    whyNotNative: 'no such file',
    nodeOptions: undefined,
    codeCache: { why: 'EACCES' },
  });
  assertRemedies(findings);
  assert.deepEqual(
    findings.map(({ level }) => level),
    ['failure', 'warning', 'warning', 'warning'],
  );
});

test('PID 1 is eggcup, another init, a shell, a package manager, or somebody else', (t) => {
  const pid1 = (...words: readonly string[]): Finding => {
    const root = writeTree(t, { 'proc/1/cmdline': `${words.join('\0')}\0` });
    return named(lookAtInit(root, 7, undefined), 'PID 1');
  };
  assert.match(pid1('node', 'dist/entry.js', '--config', 'x').found, /^eggcup /);
  assert.match(pid1('/usr/bin/tini', '--', 'node', 'server.js').found, /an init, which eggcup does not need/);
  assert.equal(pid1('/usr/bin/tini', '--', 'node', 'server.js').level, 'ok');
  assert.match(pid1('/bin/sh', '-c', 'node server.js').remedy ?? '', /the exec form/);
  assert.equal(pid1('npm start').level, 'warning');
  assert.equal(pid1('/lib/systemd/systemd').level, 'ok');
  assert.match(named(lookAtInit('/nothing', 1, undefined), 'PID 1').found, /this process/);
});

function kernel(t: TestContext, tree: Tree, wanted = {}): readonly Finding[] {
  const findings = lookAtKernel(writeTree(t, tree), { port: undefined, uid: 1000, ...wanted });
  assertRemedies(findings);
  return findings;
}

const LIMITS = [
  'Limit                     Soft Limit           Hard Limit           Units     ',
  'Max address space         unlimited            1073741824           bytes     ',
  'Max open files            1024                 1024                 files     ',
].join('\n');

test('switches of the kernel that hurt a server are warned of, and only they', (t) => {
  const bad = kernel(t, {
    'proc/sys/net/core/somaxconn': '128\n',
    'proc/sys/vm/overcommit_memory': '2\n',
    'proc/self/limits': LIMITS,
  });
  assert.deepEqual(new Set(bad.map(({ level }) => level)), new Set(['warning']));
  assert.equal(bad.length, 4);
  assert.match(named(bad, 'address space').found, /^1024 MiB/);
  const good = kernel(t, {
    'proc/sys/net/core/somaxconn': '4096\n',
    'proc/sys/vm/overcommit_memory': '0\n',
    'proc/self/limits': LIMITS.replaceAll('1024 ', '1048576 ').replace('1073741824', 'unlimited '),
  });
  assert.deepEqual(new Set(good.map(({ level }) => level)), new Set(['ok']));
  assert.deepEqual(new Set(kernel(t, {}).map(({ level }) => level)), new Set(['ok']));
});

test('a low port is warned of where this user may not listen on it', (t) => {
  const start = { 'proc/sys/net/ipv4/ip_unprivileged_port_start': '1024\n' };
  const capable = { ...start, 'proc/self/status': 'CapEff:\t0000000000000400\n' };
  const levels = (tree: Tree, wanted: object): readonly string[] => {
    return kernel(t, tree, wanted).flatMap(({ name, level }) => (name.startsWith('app.port') ? [level] : []));
  };
  assert.deepEqual(levels(start, { port: 80 }), ['warning']);
  assert.deepEqual(levels(start, { port: 80, uid: 0 }), []);
  assert.deepEqual(levels(start, { port: 8080 }), []);
  assert.deepEqual(levels(capable, { port: 80 }), []);
  assert.deepEqual(levels({ 'proc/sys/net/ipv4/ip_unprivileged_port_start': '0\n' }, { port: 80 }), []);
});

const V2 = {
  ...MACHINE,
  'proc/self/cgroup': '0::/\n',
  'proc/self/mountinfo': `30 23 0:26 / /${CGROUP} rw - cgroup2 cgroup2 rw\n`,
  ...cgroupAt(CGROUP),
} as const;

test('limits that are there are shown with their file, missing ones with what to set', (t) => {
  const all = lookAtLimits(
    writeTree(t, {
      ...V2,
      [`${CGROUP}/cpu.max`]: '150000 100000\n',
      [`${CGROUP}/memory.max`]: '536870912\n',
      [`${CGROUP}/pids.max`]: '40\n',
      [`${CGROUP}/memory.oom.group`]: '1\n',
    }),
    { cpu: undefined },
  );
  assertRemedies(all);
  assert.match(named(all, 'CPU quota').found, /^1\.5 CPUs \(\/sys\/fs\/cgroup\/cpu\.max\)$/);
  assert.match(named(all, 'memory limit').found, /^512 MiB/);
  assert.equal(named(all, 'pids limit').level, 'warning');
  assert.equal(named(all, 'memory.oom.group').level, 'warning');

  const none = lookAtLimits(writeTree(t, V2), { cpu: undefined });
  assertRemedies(none);
  for (const name of ['CPU quota', 'memory limit']) assert.equal(named(none, name).level, 'warning');
  assert.equal(named(none, 'pids limit').level, 'ok');
  assert.equal(named(lookAtLimits(writeTree(t, V2), { cpu: 1.5 }), 'CPU quota').found, 'none; workers.cpu says 1.5');
  assert.equal(named(lookAtLimits('/nothing', { cpu: undefined }), 'cgroup').level, 'warning');
});

test('sticky sessions that look at requests need the native part', () => {
  for (const text of ['none', 'address']) assert.deepEqual(lookAtSticky(parseSticky(text), undefined), []);
  const findings = lookAtSticky(parseSticky('cookie:worker'), undefined);
  assert.equal(named(findings, 'listen.sticky').level, 'failure');
  assertRemedies(findings);
});
