import assert from 'node:assert/strict';
import type { Watcher, World } from './world.js';

/** What must hold of the processes on standby. */
export const STANDBY_PROMISES = {
  'as many wait as may, and another one is forked only while every process is of use': (world) => ({
    ordered: (command) => {
      if (command.kind !== 'fork-standby') return;
      assert.ok(world.standbys.wanted.length < world.policy.standbys);
      assert.deepEqual(world.standbys.wanted, world.standbys.waiting, 'another one still loads');
      assert.ok(world.policy.hasAgent ? world.readyAgent !== undefined : true);
      assert.ok(
        world.listening.length >= world.state.wanted,
        `${world.listening.length} of ${world.state.wanted} listen`,
      );
      assert.deepEqual([world.state.phase.kind, world.state.roll], ['running', undefined]);
    },
    rested: () => {
      assert.ok(world.standbys.wanted.length <= world.policy.standbys);
      if (world.state.phase.kind === 'stopping') assert.deepEqual(world.standbys.wanted, []);
      const known = world.state.standbys.processes.map(({ id }) => id);
      for (const { id } of world.standbys.wanted) assert.ok(known.includes(id), `nobody knows of standby ${id}`);
      for (const id of known) assert.ok(world.standbys.living.some((standby) => standby.id === id));
    },
  }),

  'who has waited is started as its slot is': (world) => ({
    stepped: (event) => {
      if (event.kind !== 'child-forked' || event.standby === undefined || event.takesOver) return;
      const launch = world.state.slots.find(({ slot }) => slot === event.slot)?.launch;
      assert.equal(world.processes[event.id]?.launch, launch);
    },
  }),
} satisfies Readonly<Record<string, (world: World) => Watcher>>;
