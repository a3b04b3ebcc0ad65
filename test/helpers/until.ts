/** Polls until `fact` holds; fails with its name after `deadlineMs`, wide because machines are slow and noisy. */
export async function until<T>(
  name: string,
  fact: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await fact();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
