import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EntryRequest, parseEntryArgs } from '#eggcup/init/entry-args.js';

type CommandRequest = Extract<EntryRequest, { kind: 'command' }>;

test('without arguments the cluster of the config file that is found is run', () => {
  assert.deepEqual(parse([]), { kind: 'cluster', configFile: undefined, set: [] });
  assert.deepEqual(parse(['--']), { kind: 'cluster', configFile: undefined, set: [] });
});

test('--config names the file, in both ways of writing; the last one counts', () => {
  const file = { kind: 'cluster', configFile: 'a.yaml', set: [] };
  assert.deepEqual(parse(['--config', 'a.yaml']), file);
  assert.deepEqual(parse(['--config=a.yaml']), file);
  assert.deepEqual(parse(['--config=b.yaml', '--config', 'a.yaml']), file);
  assert.deepEqual(parse(['--config==x']), { kind: 'cluster', configFile: '=x', set: [] });
});

test('--config without a file is refused, with the remedy', () => {
  for (const args of [['--config'], ['--config='], ['--config', '']]) {
    assert.match(refusal(args), /--config needs a file: --config cluster\.yaml/);
  }
});

test('--set is kept as it is written, each of them', () => {
  const set = ['workers.count=4', 'app.env.A=b=c', 'app.args=[x]'];
  const args = ['--set', 'workers.count=4', '--set=app.env.A=b=c', '--config', 'a.yaml', '--set', 'app.args=[x]'];
  assert.deepEqual(parse(args), { kind: 'cluster', configFile: 'a.yaml', set });
  for (const empty of [['--set'], ['--set='], ['--set', '']])
    assert.match(refusal(empty), /--set needs a key and its value: --set workers\.count=4/);
  assert.match(refusal(['--set', 'workers.count=4', 'ls']), /--set is for the cluster; the command "ls" has none/);
});

test('help and version end the reading of options', () => {
  assert.deepEqual(parse(['--help', '--nonsense']), { kind: 'help' });
  assert.deepEqual(parse(['-h']), { kind: 'help' });
  assert.deepEqual(parse(['--config', 'a.yaml', '--version']), { kind: 'version' });
  assert.deepEqual(parse(['-gs', '--version']), { kind: 'version' });
});

test('an unknown option is refused by its name', () => {
  for (const option of ['--confg', '-x', '-', '--help=1', '-gx', '-0']) {
    assert.ok(refusal([option]).includes(`"${option}"`), option);
  }
});

test('options stand before the command: what follows the first word, or --, is the command as it is', () => {
  for (const args of [
    ['npm', 'run', '--help'],
    ['-g', 'npm', 'run', '--help'],
    ['--', 'npm', 'run', '--help'],
  ]) {
    assert.deepEqual(command(args).command, ['npm', 'run', '--help'], args.join(' '));
  }
  assert.deepEqual(command(['--', '--version']).command, ['--version']);
  assert.deepEqual(command(['--', '--', 'ls']).command, ['--', 'ls']);
  assert.deepEqual(command(['-s', '--', '-s']).command, ['-s']);
});

test("tini's options, apart and together, with their value attached or as the next word", () => {
  const { options } = command(['-sg', '-w', '-vv', '-e', '143', '-e7', '-pSIGTERM', '-r', '15:3', '-r2:0', 'ls']);
  assert.deepEqual(options, {
    subreaper: true,
    wholeGroup: true,
    warnOnReap: true,
    verbosity: 3,
    parentDeathSignal: 15,
    successCodes: new Set([143, 7]),
    rewrites: new Map([
      [15, 3],
      [2, 0],
    ]),
  });
  assert.deepEqual(command(['ls']).options, {
    subreaper: false,
    wholeGroup: false,
    warnOnReap: false,
    verbosity: 1,
    parentDeathSignal: undefined,
    successCodes: new Set(),
    rewrites: new Map(),
  });
});

test('signals are named with SIG, without it, or by number', () => {
  for (const [text, number] of [
    ['SIGKILL', 9],
    ['TERM', 15],
    ['40', 40],
    ['64', 64],
  ] as const) {
    assert.equal(command(['-p', text, 'ls']).options.parentDeathSignal, number);
  }
  assert.deepEqual(command(['-r', 'TERM:SIGQUIT', 'ls']).options.rewrites, new Map([[15, 3]]));
});

test("tini's variables stand for its options; TINI_VERBOSITY outdoes -v; set is enough, even to nothing", () => {
  assert.equal(command(['ls'], { TINI_SUBREAPER: '' }).options.subreaper, true);
  assert.equal(command(['ls'], { TINI_KILL_PROCESS_GROUP: '' }).options.wholeGroup, true);
  assert.equal(command(['-vvv', 'ls'], { TINI_VERBOSITY: '0' }).options.verbosity, 0);
  assert.equal(command(['ls'], { TINI_VERBOSITY: '' }).options.verbosity, 0);
  assert.deepEqual(parse([], { TINI_SUBREAPER: '1', TINI_KILL_PROCESS_GROUP: '1' }).kind, 'cluster');
});

test('a value that is none is refused: the option, the value, what it should be', () => {
  for (const [args, why] of [
    [['-p', 'SIGNOT', 'ls'], /^-p needs a signal, as in -p SIGTERM, got "SIGNOT"$/],
    [['-p', '65', 'ls'], /got "65"/],
    [['-p', '0', 'ls'], /got "0"/],
    [['-p'], /got ""/],
    [['-e', '256', 'ls'], /^-e needs an exit code, 0 to 255, got "256"$/],
    [['-e', '-1', 'ls'], /got "-1"/],
    [['-e', '1x', 'ls'], /got "1x"/],
    [['-e', ' 1', 'ls'], /got " 1"/],
    [['-r', '15', 'ls'], /^-r needs two signals, .* got "15"$/],
    [['-r', '15:', 'ls'], /got "15:"/],
    [['-r', '0:3', 'ls'], /got "0:3"/],
    [['-r', '15::3', 'ls'], /got "15::3"/],
    [['-r', '15:3:2', 'ls'], /got "15:3:2"/],
    [['-r', '15:65', 'ls'], /got "15:65"/],
  ] as const) {
    assert.match(refusal([...args]), why);
  }
  assert.match(refusal(['ls'], { TINI_VERBOSITY: 'much' }), /TINI_VERBOSITY must be a number, 0 to 3, got "much"/);
});

test('an option of the cluster with a command, or of a command without one, is refused', () => {
  assert.match(
    refusal(['--config', 'a.yaml', 'npm', 'start']),
    /--config is for the cluster; the command "npm" has none/,
  );
  assert.match(refusal(['-g']), /-g is for running a command, and there is none/);
  assert.match(refusal(['-s', '--']), /-s is for running a command/);
});

function parse(args: readonly string[], env: NodeJS.ProcessEnv = {}): EntryRequest {
  return parseEntryArgs(args, env);
}

function command(args: readonly string[], env?: NodeJS.ProcessEnv): CommandRequest {
  const request = parse(args, env);
  if (request.kind !== 'command') assert.fail(request.kind === 'refused' ? request.why : request.kind);
  return request;
}

function refusal(args: readonly string[], env?: NodeJS.ProcessEnv): string {
  const request = parse(args, env);
  assert.equal(request.kind, 'refused');
  return request.kind === 'refused' ? request.why : '';
}
