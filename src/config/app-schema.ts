import * as v from 'valibot';
import { anyTexts, bareKey, key, oneOf, secret, section, text, texts, whole, withoutNul } from './leaves.js';

const https = section({
  key: v.pipe(secret(), v.description('The file of the private key, relative to `app.baseDir`.')),
  cert: v.pipe(text(), v.description('The file of the certificate, relative to `app.baseDir`.')),
  ca: bareKey('The file of the authorities that client certificates are checked against.', text()),
  passphrase: bareKey('What the private key is encrypted with. It is never shown.', secret()),
});

// The file's text where YAML would see a number or a boolean: `1.10` must not become `1.1`.
const environment = v.record(
  v.pipe(v.string(), v.regex(/^[^=]+$/, 'must be the name of a variable')),
  v.pipe(
    v.union([v.pipe(v.string(), withoutNul()), v.number(), v.boolean()], 'must be text; write "" for an empty value'),
    v.transform((value) => String(value)),
  ),
  'must be a mapping of names to values',
);

/** `app`: what is run. */
export const appSchema = v.pipe(
  section({
    baseDir: key('The folder of the application. A relative one starts from the folder of this file.', text(), '.'),
    framework: bareKey(
      'The package, or the path of a module, that exports `Application` and `Agent`, such as `egg`. A path starts with `.` or `/`, and is relative to `app.baseDir`. Exactly one of `app.framework` and `app.script` is set.',
      v.pipe(text(), v.examples(['egg'])),
    ),
    script: bareKey(
      'The Node.js program that every app worker runs, and that listens by itself; relative to `app.baseDir`, with or without its extension.',
      v.pipe(text(), v.examples(['server.js'])),
    ),
    args: key('The arguments of `app.script`.', v.pipe(anyTexts(), v.examples([['--verbose']])), []),
    ready: key(
      'When an app worker that runs `app.script` is ready: once it listens, or once it has sent the message `ready`.',
      oneOf(['listening', 'message']),
      'listening',
    ),
    port: bareKey(
      "The port to listen on. With `app.framework` it may be left out: the application's own configuration decides then.",
      v.pipe(whole(1, 65_535), v.examples([7001])),
    ),
    hostname: bareKey('The address to listen on.', v.pipe(text(), v.examples(['0.0.0.0']))),
    unixSocket: bareKey(
      'The Unix socket to listen on instead of a port; relative to `app.baseDir`.',
      v.pipe(text(), v.examples(['/run/app.sock'])),
    ),
    https: bareKey('Serve HTTPS. Only with `app.framework`: a script does it by itself.', https),
    require: key(
      'Modules that the agent and every app worker load first: packages, or paths that start with `.` or `/`, relative to `app.baseDir`.',
      v.pipe(texts(), v.examples([['./tracing.js']])),
      [],
    ),
    env: key(
      'Variables for the agent and the app workers. Numbers and booleans become the text that stands in the file.',
      v.pipe(environment, v.examples([{ TZ: 'UTC' }])),
      {},
    ),
    nodeOptions: key(
      'Options of Node.js for the agent and the app workers.',
      v.pipe(texts(), v.examples([['--enable-source-maps']])),
      [],
    ),
  }),
  v.metadata({ oneOf: [{ required: ['framework'] }, { required: ['script'] }] }),
);
