import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { hasCode } from '../errors.js';

/** 127.0.0.1 as proc(5) writes it, and the state of a socket that listens. */
const LINE = /^\s*\d+: 0100007F:([0-9A-F]{4}) \S+ 0A (?:\S+\s+){5}(\d+)/;

/** The ports of 127.0.0.1 that a process listens on; none once it has ended. */
export function localPortsOf(pid: number): ReadonlySet<number> {
  const own = socketsOf(pid);
  const ports = new Set<number>();
  for (const line of readOf(pid, 'net/tcp').split('\n')) {
    const [, port, inode] = LINE.exec(line) ?? [];
    if (port !== undefined && inode !== undefined && own.has(inode)) ports.add(Number.parseInt(port, 16));
  }
  return ports;
}

/** By inode. */
function socketsOf(pid: number): ReadonlySet<string> {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES')) return new Set();
    throw error;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return ''; // Closed meanwhile.
    throw error;
  }
}

function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return '';
    throw error;
  }
}
