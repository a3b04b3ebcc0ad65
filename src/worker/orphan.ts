/** The master, as this process' parent was when it started. */
const master = process.ppid;
const POLL_MS = 250;

/** Not `process.connected`: a worker that leaves closes its channel by itself, and has a master all the same. */
export function hasMaster(): boolean {
  return process.ppid === master;
}

/** For a process without a channel, which would tell: ends it soon after the master was killed. */
export function exitWhenOrphaned(): void {
  setInterval(() => {
    if (!hasMaster()) process.exit(110);
  }, POLL_MS).unref();
}
