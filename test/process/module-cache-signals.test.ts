/** Who ends `eggcup compile --app` ends the application that it has started. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { appWith } from '../helpers/module-cache.js';
import { livingProcessesWith } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} ends it and the application, and nothing is kept`, async (t) => {
    const app = appWith(t, {
      'answer.js': `require('fs').writeFileSync('begun', String(process.pid)); setInterval(() => undefined, 1000);`,
      'main.js': `require('./answer.js');`,
    });
    app.removeCacheFolder();
    const mark = `EGGCUP_TEST_MARK=${process.pid}-${signal}`;
    const { child, ended } = await app.startToCompile({ EGGCUP_TEST_MARK: mark.slice(mark.indexOf('=') + 1) });
    await until('the application to begin', () => existsSync(join(app.folder, 'begun')));
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    await until('all to end', () => livingProcessesWith(mark).length === 0);
    if (signal === 'SIGKILL') return;
    assert.deepEqual([code, stdout, stderr], [1, '', `eggcup compile: ${signal} received: nothing is kept\n`]);
    assert.equal(existsSync(dirname(app.cacheFile())), false);
  });
}
