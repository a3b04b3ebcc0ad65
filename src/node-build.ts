import { statSync } from 'node:fs';

/** Names one build of Node: of two with the same version, one for musl say, the sizes differ. Throws `ENOENT` where its file has gone. */
export function nodeBuild(): string {
  return `${process.version}-${process.arch}-${statSync(process.execPath).size}`;
}
