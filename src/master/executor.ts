import type { Config } from '../config/schema.js';
import { listOf } from '../supervisor/list-of.js';
import type { Log } from '../log.js';
import { forkAgent } from '../process/agent.js';
import { AppWorkers } from '../process/app-workers.js';
import type { Child, ChildEvents } from '../process/child.js';
import type { Handover } from '../process/handover.js';
import type { Launch } from '../process/launch.js';
import type { ProcessEntry } from '../process/proc.js';
import type { StickyHandover } from '../process/sticky-handover.js';
import type { Roles } from './roles.js';
import type { Command } from '../supervisor/commands.js';
import type { ExitCode, LaunchId } from '../supervisor/model.js';
import type { Happening } from './loop.js';
import type { Messages } from './messages.js';
import type { Exit } from './post-mortem.js';

export interface ExecutorOptions {
  readonly log: Log;
  readonly roles: Roles;
  readonly restart: Config['restart'];
  /** Whether app workers accept from one queue. */
  readonly sharesQueue: boolean;
  readonly children: Map<number, Child>;
  readonly messages: Messages;
  /** Brings connections to the app workers. */
  readonly handover: Handover | StickyHandover;
  readonly dispatch: (happening: Happening) => void;
  readonly exit: (code: ExitCode, reason: string) => void;
  /** A process hangs: what is it doing? */
  readonly onHung: (child: Child) => void;
  /** A process on standby says that its event loop runs. */
  readonly onStandbyBeat: (id: number) => void;
  /** It answers again. */
  readonly onAnswers: (child: Child) => void;
  /** Returns the cause, where the kernel tells one. */
  readonly onExit: (exit: Exit) => string | undefined;
}

/** Runs the supervisor's commands and decides nothing; what processes make known goes back as events. */
export class Executor implements ChildEvents {
  readonly #options: ExecutorOptions;
  readonly #apps: AppWorkers;
  /** By their number, as the supervisor knows them. */
  readonly #launches: Map<LaunchId, Roles>;
  #lastLaunch = 0;
  #isStopping = false;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#apps = new AppWorkers(this, options);
    this.#launches = new Map([[0, options.roles]]);
  }

  /** Another way to start processes; the supervisor is told its number. */
  addLaunch(roles: Roles): LaunchId {
    this.#lastLaunch += 1;
    this.#launches.set(this.#lastLaunch, roles);
    return this.#lastLaunch;
  }

  forgetLaunch(id: LaunchId): void {
    this.#launches.delete(id);
  }

  run(command: Command): void {
    const { log, restart, children, messages, exit } = this.#options;
    switch (command.kind) {
      case 'fork-agent':
        return forkAgent(this.#launch('agent', command.launch), this);
      case 'fork-apps':
        return this.#apps.fork(this.#launch('app', 0), command.count, restart);
      case 'refork-app':
        return this.#apps.refork(command.slot);
      case 'examine': {
        const child = children.get(command.id);
        if (child !== undefined) this.#options.onHung(child);
        return;
      }
      case 'end-examination': {
        const child = children.get(command.id);
        if (child !== undefined) this.#options.onAnswers(child);
        return;
      }
      case 'fork-app':
        return this.#apps.forkApp(command.slot, this.#launch('app', command.launch));
      case 'retire':
        return this.#apps.retire(command.slot);
      case 'fork-successor':
        return this.#apps.forkSuccessor(command.slot, this.#launch('app', command.launch));
      case 'fork-standby':
        return this.#apps.standbys.fork(this.#launch('app', command.launch));
      case 'end-standby':
        return this.#apps.standbys.end(command.id);
      case 'take-over': {
        const child = children.get(command.id);
        if (child !== undefined) this.#apps.takeOver(child);
        return;
      }
      case 'allow-refork':
        this.#isStopping = !command.allowed;
        return this.#apps.allowRefork(command.allowed);
      case 'open-gate':
        return children.get(command.id)?.open();
      case 'lame-duck':
        return children.get(command.id)?.tell({ eggcup: 'lame-duck' });
      case 'let-go':
        return children.get(command.id)?.tell({ eggcup: 'leave' });
      case 'terminate':
        return this.#terminate(children.get(command.id));
      case 'kill':
        return children.get(command.id)?.kill();
      case 'send':
        return messages.announce(command.to, command.message);
      case 'log':
        return log.write(command.level, command.event, command.fields);
      case 'exit':
        return exit(command.code, command.reason);
    }
  }

  /** In a stop a worker first gets the connections that wait for it. */
  #terminate(child: Child | undefined): void {
    if (!this.#isStopping || child?.slot === 'agent') return child?.terminate();
    void this.#options.handover.handOutAll().then(() => child?.terminate());
  }

  /** What a process was started with, on standby or not. */
  launchOf(id: number): Launch | undefined {
    return this.#options.children.get(id)?.launch ?? this.#apps.standbys.get(id)?.launch;
  }

  /** At once, whatever there is. */
  endStandbys(): void {
    this.#apps.standbys.endAll();
  }

  forked(child: Child, takesOver: boolean, standby?: number): void {
    const { children, dispatch, log } = this.#options;
    log.afterFork();
    children.set(child.id, child);
    dispatch({ kind: 'child-forked', id: child.id, slot: child.slot, pid: child.pid, takesOver, standby });
  }

  standbyForked(id: number, pid: number): void {
    this.#options.log.afterFork();
    this.#options.dispatch({ kind: 'standby-forked', id, pid });
  }

  standbyReady(id: number): void {
    this.#options.dispatch({ kind: 'standby-ready', id });
  }

  standbyBeat(id: number): void {
    this.#options.onStandbyBeat(id);
  }

  standbyFailed(id: number, why: string): void {
    this.#options.dispatch({ kind: 'standby-failed', id, why });
  }

  standbyRefused(message: string): void {
    this.#options.dispatch({ kind: 'standby-refused', message });
  }

  standbyExited(id: number, code: number | null, signal: string | null): void {
    this.#options.dispatch({ kind: 'standby-exited', id, code, signal });
  }

  successorRefused(slot: Child['slot'], message: string): void {
    this.#options.dispatch({ kind: 'successor-refused', slot, message });
  }

  forkFailed(slot: Child['slot'], message: string): void {
    this.#options.dispatch({ kind: 'fork-failed', slot, message });
  }

  message(child: Child, raw: unknown): void {
    this.#options.messages.fromChild(child, raw);
  }

  channelFailed(child: Child, error: Error): void {
    this.#options.log.debug('message.dropped', { why: error.message, from: child.slot });
  }

  disconnected(child: Child): void {
    this.#options.dispatch({ kind: 'child-disconnected', id: child.id });
  }

  overflowed(child: Child): void {
    this.#options.log.warn('channel.overflow', { slot: child.slot, pid: child.pid });
  }

  drained(child: Child, dropped: number): void {
    const { log, messages } = this.#options;
    messages.drained(child);
    if (dropped > 0) log.info('channel.drained', { slot: child.slot, pid: child.pid, dropped });
  }

  outlived(child: Child, by: readonly ProcessEntry[]): void {
    // A name may hold anything, line ends too.
    const names = by.map(({ pid, name }) => `${name.replaceAll(/\p{Cc}/gu, '?')} (pid ${pid})`);
    this.#options.dispatch({ kind: 'child-outlived', id: child.id, by: listOf(names) });
  }

  exited(child: Child, code: number | null, signal: string | null): void {
    const { children, dispatch, onExit } = this.#options;
    children.delete(child.id);
    this.#options.messages.forget(child);
    const { slot, pid, isKilled, launch } = child;
    const cause = onExit({ slot, pid, code, signal, isKilled, heapMiB: launch.heapMiB });
    dispatch({ kind: 'child-exited', id: child.id, code, signal, cause });
  }

  reforkRefused(): void {
    this.#options.dispatch({ kind: 'refork-refused' });
  }

  #launch(role: 'agent' | 'app', id: LaunchId): Launch {
    const found = this.#launches.get(id)?.[role];
    if (found === undefined) throw new Error(`there is no ${role} in this cluster`);
    return found;
  }
}
