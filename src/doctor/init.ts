import type { Native } from '../native/addon.js';
import { read } from '../container/reading.js';
import { type Finding, ok, warning } from './finding.js';

/** Who is PID 1 here, and what becomes of orphans. `pid` is this process' own. */
export function lookAtInit(root: string, pid: number, native: Native | undefined): readonly Finding[] {
  return [
    pid === 1 ? ok('PID 1', 'this process: as the entrypoint it would be eggcup') : lookAtPid1(root),
    orphans(native),
  ];
}

function lookAtPid1(root: string): Finding {
  const name = 'PID 1';
  const cmdline = read(root, '/proc/1/cmdline', (text) => text.split('\0').slice(0, -1));
  if (cmdline.kind !== 'present') return ok(name, 'not to be seen from here; eggcup works below it');
  const words = cmdline.value;
  const shown = words.join(' ').slice(0, 80);
  const [program = ''] = words.map((word) => word.replace(/^.*\//, ''));
  if (words.some((word) => /(?:dist\/entry\.js|eggcup-entry)$/.test(word))) return ok(name, `eggcup (${shown})`);
  if (SHELLS.test(program)) {
    const remedy =
      'a shell forwards no signals, so a stop is not heard: ENTRYPOINT ["node","dist/entry.js"], the exec form';
    return warning(name, shown, remedy);
  }
  if (program === 'npm' || program === 'yarn' || /^npm\b/.test(words[0] ?? ''))
    return warning(name, shown, 'a package manager in front costs memory and delays signals: start node itself');
  if (INITS.test(program)) return ok(name, `${shown}: an init, which eggcup does not need`);
  return ok(name, `${shown}; eggcup works below it`);
}

const SHELLS = /^(?:sh|bash|dash|ash|busybox|zsh)$/;
const INITS = /^(?:tini|tini-static|docker-init|dumb-init|catatonit|podman-init|pause)$/;

/** Tried for real: a seccomp profile may forbid it. */
function orphans(native: Native | undefined): Finding {
  const name = 'orphans';
  if (native === undefined) return warning(name, 'not reaped, nor ended', 'see the native part');
  const errno = native.becomeSubreaper();
  if (errno === 0) return ok(name, 'adopted and reaped, as PID 1 or as a child subreaper');
  const remedy = 'as PID 1 it works all the same; else allow prctl(PR_SET_CHILD_SUBREAPER) in the seccomp profile';
  return warning(name, `this process may not become a child subreaper (errno ${-errno})`, remedy);
}
