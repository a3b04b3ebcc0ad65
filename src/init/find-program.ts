/** execvp(3), where `PATH` is not set. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** The files that a command may mean, in the order in which execvp(3) tries them. */
export function candidatesFor(command: string, path: string | undefined): readonly string[] {
  if (command === '' || command.includes('/')) return [command];
  return (path ?? DEFAULT_PATH).split(':').map((folder) => `${folder === '' ? '.' : folder}/${command}`);
}
