import { existsSync, realpathSync } from 'node:fs';
import { messageOf } from '../errors.js';
import { openModuleCache } from '../module-cache/format.js';
import { moduleCacheFile, ROLES } from '../module-cache/place.js';
import { openTexts } from '../module-cache/texts.js';
import { judgeHead } from '../module-cache/use.js';
import { type Finding, ok, warning } from './finding.js';

const NAME = 'application cache';

/** Whether what `eggcup compile --app` has kept still holds, as far as one can tell without starting the application. */
export function lookAtModuleCache(baseDir: string): readonly Finding[] {
  if (!existsSync(baseDir)) return [];
  const appFolder = realpathSync(baseDir);
  const there = ROLES.filter((role) => existsSync(moduleCacheFile(appFolder, role)));
  if (there.length === 0) return [ok(NAME, 'none; `eggcup compile --app` in the image’s build makes one')];
  const faults = there.flatMap((role) => {
    const why = judge(moduleCacheFile(appFolder, role), appFolder);
    return why === undefined ? [] : [`${role}: ${why}`];
  });
  if (faults.length === 0) return [ok(NAME, `there is one for this Node.js (${there.join(', ')})`)];
  const remedy =
    'the application starts slower, or takes more memory: `eggcup compile --app` as the last step of the image’s build';
  return [warning(NAME, faults.join('; '), remedy)];
}

function judge(file: string, appFolder: string): string | undefined {
  try {
    const cache = openModuleCache(file);
    if (cache === undefined) return undefined;
    cache.close();
    openTexts(cache);
    return judgeHead(cache.head, appFolder);
  } catch (error) {
    return messageOf(error);
  }
}
