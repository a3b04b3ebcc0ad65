/**
 * Compiles native/ to native/prebuilt/linux-ARCH.node: for this machine's processor, or for those that are named
 * (`npm run build:native -- x64 arm64`; a foreign one needs Debian's gcc-aarch64-linux-gnu or gcc-x86-64-linux-gnu).
 * What it writes is committed: nobody who installs eggcup needs a compiler. `--to FOLDER` writes elsewhere, and
 * -D… options go to the compiler.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import nodeApi from 'node-api-headers';

const folder = fileURLToPath(new URL('../native/', import.meta.url));
const { include_dir: headers } = nodeApi;
const FOREIGN_COMPILERS = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' };

const sources = readdirSync(folder)
  .filter((file) => /\.[ch]$/.test(file))
  .toSorted();
// Says in the file of which sources it was made; a test compares.
const hash = createHash('sha256');
for (const file of sources) hash.update(`${file}\0`).update(readFileSync(folder + file));
const sha256 = hash.digest('hex');

const CHECKS = ['-std=c17', '-O2', '-Wall', '-Wextra', '-Wpedantic', '-Werror', `-DSOURCES_SHA256="${sha256}"`];
// Nothing of a C library: one file for glibc and musl.
const FREESTANDING = ['-ffreestanding', '-nostdlib', '-fno-builtin', '-fno-stack-protector', '-isystem', headers];
const SHARED = ['-fPIC', '-shared', '-fvisibility=hidden', '-fno-asynchronous-unwind-tables', '-s'];
// Or gcc calls functions of its own library for an atomic exchange.
const PER_ARCH = { x64: [], arm64: ['-mno-outline-atomics'] };
const HARDENED = ['-Wl,-z,now', '-Wl,-z,relro', '-Wl,-z,noexecstack', '-Wl,--build-id=none'];

const { values, positionals } = parseArgs({
  options: {
    to: { type: 'string', default: `${folder}prebuilt` },
    D: { type: 'string', short: 'D', multiple: true, default: [] },
  },
  allowPositionals: true,
});
mkdirSync(values.to, { recursive: true });
for (const arch of positionals.length === 0 ? [process.arch] : positionals) {
  const compiler = arch === process.arch ? (process.env.CC ?? 'gcc') : FOREIGN_COMPILERS[arch];
  if (compiler === undefined) throw new Error(`no native part is made for ${arch}: x64 or arm64`);
  const target = join(values.to, `linux-${arch}.node`);
  const defines = values.D.map((define) => `-D${define}`);
  const files = sources.filter((file) => file.endsWith('.c')).map((file) => folder + file);
  execFileSync(
    compiler,
    [...CHECKS, ...defines, ...FREESTANDING, ...PER_ARCH[arch], ...SHARED, ...HARDENED, '-o', target, ...files],
    {
      stdio: 'inherit',
    },
  );
  process.stdout.write(`${target}: ${statSync(target).size} bytes\n`);
}
