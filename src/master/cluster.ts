import { onExit } from 'signal-exit';
import { findOomCounter } from '../container/oom-kills.js';
import { HealthFiles } from '../health/files.js';
import type { Snapshot } from '../health/snapshot.js';
import type { Termination } from '../init/termination-log.js';
import type { Log } from '../log.js';
import type { Child } from '../process/child.js';
import { readPidNamespace, readProcess } from '../process/proc.js';
import { RssSamples } from '../process/rss-samples.js';
import type { Boot } from './boot.js';
import { Configuration } from './configuration.js';
import { Examiner } from './examiner.js';
import { Executor } from './executor.js';
import { HealthReporter } from './health-reporter.js';
import { type Happening, Loop } from './loop.js';
import { Messages } from './messages.js';
import { PostMortem } from './post-mortem.js';
import { Watches } from './watches.js';
import { RollWatch } from './roll-watch.js';
import { policyOf } from './policy.js';
import type { LoadedConfig } from '../config/load.js';
import type { RollResult } from '../supervisor/model.js';
import { StatusView } from './status-view.js';
import { handoverFor } from './stickiness.js';
import type { StopSignal } from './cluster-signals.js';
import { adoptOrphans, type NativePart } from './adopt-orphans.js';
import { endStrays, killStrays } from './strays.js';

/** How a cluster ended: with which exit code (design 4; 128+n for a fatal signal), and why. */
export type Ended = Termination;

/** A cluster from its first fork to its end: loop, executor, messages, health files and endpoints put together. */
export class Cluster {
  readonly #booted: Boot;
  readonly #configuration: Configuration;
  readonly #watches: Watches;
  readonly #examiner: Examiner;
  readonly #log: Log;
  readonly #native: NativePart;
  readonly #children = new Map<number, Child>();
  readonly #rss = new RssSamples();
  readonly #postMortem: PostMortem;
  readonly #loop: Loop;
  readonly #executor: Executor;
  readonly #messages: Messages;
  readonly #view: StatusView;
  readonly #rolls = new RollWatch();
  readonly #reporter: HealthReporter | undefined;
  #end: (code: number, reason: string) => void = () => undefined;

  constructor(booted: Boot, log: Log, { env, ...native }: NativePart & { readonly env: NodeJS.ProcessEnv }) {
    const { loaded, plan, roles } = booted;
    const { config } = loaded;
    this.#booted = booted;
    const startedAt = new Date().toISOString();
    const startTicks = readProcess(process.pid)?.startTime ?? null;
    const pidNamespace = readPidNamespace() ?? null;
    this.#log = log;
    this.#native = native;
    this.#postMortem = new PostMortem({
      oomKills: findOomCounter(),
      memoryLimitBytes: () => this.#configuration.memoryLimitBytes,
      rss: this.#rss,
    });
    const policy = policyOf(config, plan, roles.agent !== undefined);
    this.#loop = new Loop(
      policy,
      (command) => this.#executor.run(command),
      (state) => {
        this.#reporter?.show(state);
        this.#rolls.observe(state);
      },
    );
    const { dispatch } = this.#loop;
    this.#messages = new Messages({
      log,
      roles,
      expected: { port: config.app.port, unixSocket: config.app.unixSocket },
      hostVariable: env['HOST'],
      children: this.#children,
      dispatch,
      state: () => this.#loop.state,
      onError: (child, text) => this.#postMortem.noteError(child, text),
      onBeat: (child) => this.#watches.beat(child.id),
      onReloadWorker: (from) => this.replaceAll(`reload-worker from ${from}`),
    });
    this.#examiner = new Examiner(log, (name, text) => this.#reporter?.keepEvidence(name, text));
    this.#executor = new Executor({
      log,
      roles,
      restart: config.restart,
      sharesQueue: booted.listening.strategy === 'shared',
      children: this.#children,
      messages: this.#messages,
      handover: handoverFor(config.listen.sticky, native, log),
      dispatch,
      exit: (code, reason) => this.#end(code, reason),
      onHung: (child) => void this.#examiner.examine(child),
      onStandbyBeat: (id) => this.#watches.beat(id),
      onAnswers: (child) => void this.#examiner.end(child),
      onExit: (exit) => this.#postMortem.noteExit(exit),
    });
    this.#configuration = new Configuration({ booted, log, loop: this.#loop, executor: this.#executor });
    this.#view = new StatusView({
      policy: () => this.#loop.policy,
      frame: () => ({
        startedAt,
        startTicks,
        pidNamespace,
        plan: this.#configuration.plan,
        facts: this.#configuration.facts,
      }),
      address: () => this.#messages.url,
      messagesDropped: (slot) => this.#messages.droppedFor(slot),
      rss: this.#rss,
    });
    this.#watches = new Watches({
      config: () => this.#configuration.config,
      plan: () => this.#configuration.plan,
      onFacts: (facts) => this.#configuration.noteFacts(facts),
      onChange: (next) => this.#configuration.resize(next),
      state: () => this.#loop.state,
      children: this.#children,
      launchOf: (id) => this.#executor.launchOf(id),
      rss: this.#rss,
      dispatch,
    });
    this.#reporter = this.#openReporter();
    booted.http?.show(() => this.status);
  }

  /** Forks everything; resolves when all of it has ended, and nothing is left: no process, no file. */
  async run(): Promise<Ended> {
    const ended = new Promise<Omit<Ended, 'exits'>>((resolve) => {
      this.#end = (code, reason) => resolve({ code, reason });
    });
    // Whatever way the master goes, as far as it can be caught.
    const forget = onExit(() => {
      this.#endChildren();
      killStrays(this.#booted.instance, this.#log);
      this.#log.flush();
    });
    const adoption = adoptOrphans(this.#native, this.#log);
    process.on('message', (raw) => this.#messages.fromParent(raw));
    this.#loop.start();
    const { code, reason } = await ended;
    this.#endChildren();
    await endStrays(this.#booted.instance, this.#log);
    adoption?.stop();
    forget();
    const { exits, lastError } = this.#postMortem;
    return { code, reason, exits, lastError };
  }

  requestStop(signal: StopSignal): void {
    this.#loop.dispatch({ kind: 'stop-requested', signal });
  }

  /** Replaces all app workers, one by one. */
  replaceAll(reason: string): void {
    this.#loop.dispatch({ kind: 'roll-requested', reason, launch: undefined, agent: false });
  }

  /** Goes on by another config, as far as that can be done in this container's life, and replaces all app workers. */
  reload(after: LoadedConfig, reason: string): void {
    this.#configuration.reload(after, reason);
  }

  /** So many app workers more, or fewer. */
  scaleBy(by: number, reason: string): void {
    this.#scale({ kind: 'scale-requested', reason, by });
  }

  /** So many app workers there are to be. Returns what is wrong with that: they are had all the same. */
  scaleTo(to: number, reason: string): readonly string[] {
    return this.#scale({ kind: 'scale-requested', reason, to });
  }

  #scale(request: Happening & { readonly kind: 'scale-requested' }): readonly string[] {
    const before = this.#loop.state.wanted;
    this.#loop.dispatch(request);
    const { wanted } = this.#loop.state;
    const warnings = wanted === before ? [] : this.#configuration.warningsFor(wanted);
    for (const warning of warnings) this.#log.warn('sizing.warning', { warning });
    return warnings;
  }

  get status(): Snapshot {
    return this.#view.recent(this.#loop.state);
  }

  /** How the roll ends that was just asked for; `undefined` when the cluster stops before. */
  endOfRoll(): Promise<RollResult | undefined> {
    return this.#rolls.endOf(this.#loop.state);
  }

  /** In milliseconds, the time that a start may take. */
  get startupMs(): number {
    return this.#loop.policy.startupMs;
  }

  /** At once: everything is killed. */
  end({ code, reason }: Ended): void {
    this.#end(code, reason);
  }

  /** A fault of eggcup itself. After the exit was ordered there is nothing left but to go. */
  fail(reason: string): void {
    if (this.#loop.state.phase.kind === 'exited') this.#end(70, reason);
    else this.#loop.dispatch({ kind: 'master-failed', message: reason });
  }

  /** Whether a change of the config file is to be followed. */
  get watchesConfig(): boolean {
    return this.#configuration.config.reload.watch;
  }

  #openReporter(): HealthReporter | undefined {
    const { health } = this.#booted;
    if (health.kind === 'unwritable') return undefined;
    const { dir } = health;
    const log = this.#log;
    const files = new HealthFiles(dir, (trouble) => {
      if (trouble === undefined) log.info('health.recovered', { dir });
      else log.warn('health.unwritable', { dir, reason: trouble, remedy: 'free space or make it writable again' });
    });
    return new HealthReporter({
      files,
      native: this.#native.native,
      log,
      policy: () => this.#loop.policy,
      view: this.#view,
    });
  }

  #endChildren(): void {
    // What is killed here must not be forked again.
    this.#loop.halt();
    this.#executor.run({ kind: 'allow-refork', allowed: false });
    this.#executor.endStandbys();
    this.#watches.stop();
    this.#postMortem.stop();
    this.#reporter?.close();
    this.#booted.http?.close();
    this.#booted.control?.close();
    for (const child of this.#children.values()) child.kill();
  }
}
