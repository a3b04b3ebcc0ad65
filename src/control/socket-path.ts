/** unix(7): sun_path has 108 bytes on Linux, 104 on macOS; the last one is NUL. */
export const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Whether the kernel would cut the path off, and libuv with it: without an error, at another place. */
export function isTooLong(path: string): boolean {
  return Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES;
}
