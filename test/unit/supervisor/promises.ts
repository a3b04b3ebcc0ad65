import assert from 'node:assert/strict';
import { nextDeadline } from '#eggcup/supervisor/deadlines.js';
import type { Command } from '#eggcup/supervisor/commands.js';
import type { Event } from '#eggcup/supervisor/events.js';
import type { ExitCode, Slot } from '#eggcup/supervisor/model.js';
import { transition } from '#eggcup/supervisor/transition.js';
import { childViews, isReady, launchesInUse, minReadyOf } from '#eggcup/supervisor/view.js';
import { isHealthy } from './manager-oracle.js';
import { STANDBY_PROMISES } from './standby-promises.js';
import type { Watcher, World } from './world.js';

/** What must hold in every world; each watches on its own, so that a broken one is known by its name. */
export const PROMISES = {
  'nothing is forked after a stop began': (world) => {
    let stopTold = false;
    return {
      stepped: ({ kind }) => {
        stopTold ||= kind === 'stop-requested' || kind === 'master-failed' || world.state.phase.kind === 'stopping';
      },
      forked: (slot) => assert.ok(!stopTold, `${slot} was forked after a stop began`),
    };
  },

  'what processes are started with was in use, or is asked for now': (world) => {
    let known = launchesInUse(world.state);
    return {
      stepped: (event, before) => {
        const asked = event.kind === 'roll-requested' ? event.launch : undefined;
        known = new Set([...launchesInUse(before), asked]);
      },
      ordered: (command) => {
        if ('launch' in command) assert.ok(known.has(command.launch), `launch ${command.launch}`);
      },
    };
  },

  'a replacement of all that is done has reached every slot that stays': () => ({
    stepped: (_event, { roll, lastRoll }, after) => {
      if (roll === undefined || roll.only !== undefined || after.lastRoll === lastRoll) return;
      if (after.lastRoll?.failure !== undefined) return;
      for (const { slot, launch, retires } of after.slots)
        if (!retires && slot !== 'agent') assert.equal(launch, roll.launch, slot);
    },
  }),

  'the master exits once and orders nothing afterwards': () => {
    let exits = 0;
    return {
      ordered: ({ kind }) => {
        assert.equal(exits, 0, `${kind} after the exit`);
        if (kind === 'exit') exits += 1;
      },
    };
  },

  'nobody who listens is told to end before another of its slot does, but in a stop': (world) => ({
    ordered: (command) => {
      if (command.kind !== 'terminate' || world.state.phase.kind !== 'running') return;
      const told = world.processes[command.id];
      if (told === undefined || told.slot === 'agent' || !world.listening.includes(told)) return;
      if (world.state.slots.some(({ slot, retires }) => slot === told.slot && retires)) return;
      assert.ok(world.listening.some((other) => other !== told && other.slot === told.slot));
    },
  }),

  'ready is shown exactly while running with enough app workers that listen': (world) => ({
    stepped: (_event, _before, after) => {
      if (isReady(after, world.policy)) assert.ok(world.listening.length >= minReadyOf(after, world.policy));
    },
    rested: () => {
      const enough = world.listening.length >= minReadyOf(world.state, world.policy);
      assert.equal(isReady(world.state, world.policy), enough && world.state.phase.kind === 'running');
    },
  }),

  'at the exit every process that was forked has ended or was killed': (world) => ({
    ordered: ({ kind }) => {
      if (kind !== 'exit') return;
      for (const { alive, endTold, killed, slot } of world.processes) assert.ok((!alive && endTold) || killed, slot);
      assert.deepEqual(world.standbys.wanted, []);
    },
  }),

  'restarts within the window stay below the limit, and the crash that reaches it ends with 13': (world) => {
    const restarts: number[] = [];
    const within = (times: readonly number[]): number =>
      times.filter((time) => world.now - time <= world.policy.restartWindowMs).length;
    const { restartLimit } = world.policy;
    let reached = false;
    let otherwise = false;
    return {
      forked: (_slot, isRestart) => {
        if (!isRestart) return;
        restarts.push(world.now);
        const bound = restartLimit + world.executor.displacedRestarts;
        assert.ok(within(restarts) < bound, `${within(restarts)} restarts of ${restartLimit}`);
      },
      stepped: (event, before, after) => {
        if (before.phase.kind !== 'running') return;
        // cfork counts its forks, those that it tries again too, and may so come first.
        reached ||= within(world.crashes) >= restartLimit || event.kind === 'refork-refused';
        if (after.phase.kind !== 'stopping') return;
        otherwise ||= after.phase.exitCode !== 13;
        if (!otherwise) assert.ok(reached, 'the limit was said to be reached but was not');
      },
      rested: () => {
        if (!reached || otherwise) return;
        const { phase } = world.state;
        assert.ok(phase.kind === 'stopping' || phase.kind === 'exited', 'the limit was reached and nothing came of it');
        // A fault of the master itself has the last word.
        assert.ok(phase.exitCode === 13 || phase.exitCode === 70);
      },
    };
  },

  'a gate opens once, for a living process, and an application loads only beside a ready agent': (world) => ({
    ordered: (command) => {
      if (command.kind !== 'open-gate') return;
      const process = world.processes[command.id];
      assert.ok(process?.alive === true && !process.gateOpened && !process.terminated);
      if (process.slot !== 'agent' && world.policy.hasAgent) assert.ok(world.readyAgent !== undefined);
    },
  }),

  ...STANDBY_PROMISES,

  'no more app workers load at the same time than may': (world) => ({
    rested: () => {
      const loading = world.processes.filter(
        (process) =>
          process.slot !== 'agent' &&
          process.alive &&
          process.gateOpened &&
          !process.wasReady &&
          process.leaves === 'no' &&
          process.connected &&
          !process.terminated,
      );
      assert.ok(loading.length <= world.policy.parallelStarts);
    },
  }),

  'commands address only processes whose end has not been told': (world) => ({
    ordered: (command) => {
      const id = command.kind === 'send' && typeof command.to === 'object' ? command.to.id : idOf(command);
      if (id !== undefined) assert.equal(world.processes[id]?.endTold, false, command.kind);
    },
  }),

  'egg-pids tells the agent who listens at that moment': (world) => ({
    ordered: (command) => {
      if (command.kind !== 'send' || command.message.action !== 'egg-pids') return;
      const { to, message } = command;
      const agent = world.readyAgent === undefined ? [] : [world.readyAgent.pid];
      const listening = world.listening.map(({ pid }) => pid);
      assert.deepEqual(message.data, to === 'agent' ? listening : agent);
    },
  }),

  'a slot has at most one process that is not being replaced, and shows it': (world) => ({
    rested: () => {
      const current = world.state.children
        .filter(({ replaced, takesOver }) => !replaced && !takesOver)
        .map(({ slot }) => slot);
      assert.equal(new Set(current).size, current.length);
      const views = childViews(world.state);
      assert.deepEqual(
        views.slice(0, slotsOf(world).length).map(({ slot }) => slot),
        slotsOf(world),
      );
      const pids = views.flatMap(({ pid }) => pid ?? []);
      assert.deepEqual(new Set(pids), new Set(world.state.children.map(({ pid }) => pid)));
      assert.equal(pids.length, world.state.children.length);
    },
  }),

  'time that has come changes something, and the end leaves no timer': (world) => ({
    stepped: ({ kind, at }, before, after) => {
      const deadline = nextDeadline(before, at);
      if (kind === 'time-passed' && deadline !== undefined && deadline <= at) assert.notEqual(after, before);
    },
    rested: () => {
      if (world.state.phase.kind === 'exited') assert.equal(nextDeadline(world.state, world.now), undefined);
    },
  }),

  'exit codes say what happened: 0 and 15 only for a stop that was asked for, 15 only when something was killed':
    () => {
      let cause: Event['kind'] | undefined;
      let kills = 0;
      return {
        stepped: (event, before, after) => {
          if (before.phase.kind !== 'stopping' && after.phase.kind !== before.phase.kind) {
            if (after.phase.kind !== 'running') cause = event.kind;
          }
          if (event.kind === 'master-failed' && before.phase.kind !== 'exited') cause = event.kind;
        },
        ordered: (command) => {
          if (command.kind === 'kill' && cause !== undefined) kills += 1;
          if (command.kind === 'exit')
            assert.ok(expectedCodes(cause, kills).includes(command.code), `${cause} ${command.code}`);
        },
      };
    },

  'the Manager check exits 1 after as many bad checks in a row as configured, and never otherwise': (world) => {
    const patient = { ...world.policy, checkFailures: Number.POSITIVE_INFINITY };
    let bad = 0;
    return {
      stepped: (event, before, after) => {
        if (before.phase.kind !== 'running') return;
        // The same step by a supervisor that never gives up shows what the check looked at.
        const looked = transition(before, event, patient).state;
        if (looked.phase.kind === 'running' && event.at >= before.phase.nextCheckAt) {
          // A roll tells the agent to make room only after the check.
          const children = looked.children.map((child) => {
            const was = before.children.find(({ id }) => id === child.id);
            return child.slot === 'agent' && child.replaced && was?.replaced === false ? was : child;
          });
          bad = isHealthy({ ...looked, children }, world.policy.hasAgent, event.at) ? 0 : bad + 1;
        }
        const gaveUp = (after.phase.kind === 'stopping' || after.phase.kind === 'exited') && after.phase.exitCode === 1;
        assert.equal(gaveUp, looked.phase.kind === 'running' && bad >= world.policy.checkFailures);
      },
    };
  },
} satisfies Readonly<Record<string, (world: World) => Watcher>>;

/** Of the process that it is for; those that wait have numbers of their own. */
function idOf(command: Command): number | undefined {
  return 'id' in command && command.kind !== 'end-standby' ? command.id : undefined;
}

/** Those that stay. While running there are as many as there are to be. */
function slotsOf({ state }: World): readonly Slot[] {
  const staying = state.slots.filter(({ retires }) => !retires).map(({ slot }) => slot);
  if (state.phase.kind === 'running') assert.equal(staying.filter((slot) => slot !== 'agent').length, state.wanted);
  return staying;
}

/** By what began the stop. */
function expectedCodes(cause: Event['kind'] | undefined, kills: number): readonly ExitCode[] {
  if (cause === 'stop-requested') return [kills === 0 ? 0 : 15];
  if (cause === 'master-failed') return [70];
  return cause === 'refork-refused' ? [13] : [1, 10, 11, 12, 13, 14];
}
