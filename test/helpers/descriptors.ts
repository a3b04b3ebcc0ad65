import { execFileSync } from 'node:child_process';

/** The soft limit of a running process. */
export function limitDescriptors(pid: number, limit: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
}
