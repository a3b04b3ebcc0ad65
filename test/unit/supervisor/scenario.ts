import assert from 'node:assert/strict';
import type { Command } from '#eggcup/supervisor/commands.js';
import type { ExitCode, Policy, Slot } from '#eggcup/supervisor/model.js';
import type { SimulatedProcess } from './simulated-process.js';
import { World } from './world.js';

export const POLICY: Policy = {
  workers: 2,
  hasAgent: true,
  parallelStarts: 2,
  startupMs: 60_000,
  checkIntervalMs: 10_000,
  checkFailures: 3,
  minReady: { kind: 'count', value: 1 },
  restartLimit: 60,
  restartWindowMs: 60_000,
  backoffInitialMs: 200,
  backoffMaxMs: 15_000,
  delayMs: 0,
  appStopMs: 20_000,
  agentStopMs: 5000,
  standbys: 0,
};

/** A world of which one reads what the supervisor orders. */
export class Scenario {
  readonly world: World;
  #commands: Command[] = [];
  #exit: ExitCode | undefined;

  constructor(change: Partial<Policy> = {}) {
    this.world = new World({ ...POLICY, ...change }, () => ({ ordered: (command) => this.#note(command) }));
  }

  get exitCode(): ExitCode | undefined {
    return this.#exit;
  }

  get phase(): string {
    return this.world.state.phase.kind;
  }

  /** The newest process of a slot. */
  process(slot: Slot): SimulatedProcess {
    const found = this.world.processes.findLast((process) => process.slot === slot);
    assert.ok(found !== undefined, `nothing was ever forked for ${slot}`);
    return found;
  }

  state(slot: Slot): string | undefined {
    const { id } = this.process(slot);
    return this.world.state.children.find((child) => child.id === id)?.state.kind;
  }

  stop(): void {
    this.world.tell({ kind: 'stop-requested', signal: 'SIGTERM' });
  }

  roll(agent = false, launch?: number): void {
    this.world.tell({ kind: 'roll-requested', reason: 'SIGUSR2 received', launch, agent });
  }

  scale(to: number): void {
    this.world.tell({ kind: 'scale-requested', reason: 'eggcup scale', to });
  }

  crash(slot: Slot): void {
    const process = this.process(slot);
    this.world.disconnect(process);
    this.world.exit(process);
  }

  /** App workers end, then the agent. */
  settleAll(): void {
    this.world.settle();
    this.world.settle();
  }

  /** What was ordered since the last call, logs left out: `open-gate app-0`, `agent egg-pids 1001,1002`. */
  take(): readonly string[] {
    const lines = this.#commands.flatMap((command) => this.#line(command) ?? []);
    this.#commands = [];
    return lines;
  }

  #note(command: Command): void {
    this.#commands.push(command);
    if (command.kind === 'exit') this.#exit = command.code;
  }

  #line(command: Command): string | undefined {
    switch (command.kind) {
      case 'log':
        return undefined;
      case 'send': {
        const to = typeof command.to === 'object' ? this.#slot(command.to.id) : command.to;
        const data = 'data' in command.message ? ` ${command.message.data.join()}` : '';
        return `${to} ${command.message.action}${data}`;
      }
      case 'examine':
      case 'end-examination':
      case 'open-gate':
      case 'lame-duck':
      case 'let-go':
      case 'terminate':
      case 'kill':
        return `${command.kind} ${this.#slot(command.id)}`;
      case 'fork-apps':
        return `fork-apps ${command.count}`;
      case 'fork-app':
        return `fork-app ${command.slot} ${command.launch}`;
      case 'retire':
        return `retire ${command.slot}`;
      case 'fork-successor':
        return `fork-successor ${command.slot} ${command.launch}`;
      case 'fork-standby':
        return `fork-standby ${command.launch}`;
      case 'end-standby':
        return `end-standby ${command.id}`;
      case 'take-over':
        return `take-over ${this.#slot(command.id)}`;
      case 'refork-app':
        return `refork-app ${command.slot}`;
      case 'allow-refork':
        return `allow-refork ${command.allowed}`;
      case 'exit':
        return `exit ${command.code}`;
      case 'fork-agent':
        return command.kind;
    }
  }

  #slot(id: number): string {
    return this.world.processes[id]?.slot ?? `nobody (${id})`;
  }
}

/** A cluster that runs, nothing taken yet of what follows. */
export function running(change: Partial<Policy> = {}): Scenario {
  const scenario = new Scenario(change);
  scenario.world.allReady();
  assert.equal(scenario.phase, 'running');
  scenario.take();
  return scenario;
}
