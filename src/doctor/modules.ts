import { existsSync, realpathSync } from 'node:fs';
import type { Config } from '../config/schema.js';
import { readContainerFacts } from '../container/facts.js';
import { messageOf } from '../errors.js';
import { nodeOptionsOf, rolesAhead } from '../master/roles.js';
import { openModuleCache } from '../module-cache/format.js';
import { moduleCacheFile, type Role, ROLES } from '../module-cache/place.js';
import { openTexts } from '../module-cache/texts.js';
import { judgeHead, judgeOptions } from '../module-cache/use.js';
import type { Launch } from '../process/launch.js';
import { sizingOf } from '../sizing/config.js';
import { planSize } from '../sizing/plan.js';
import { type Finding, ok, warning } from './finding.js';

const NAME = 'application cache';

/** Whether what `eggcup compile --app` has kept still holds, as far as one can tell without starting the application. */
export function lookAtModuleCache(config: Config, env: NodeJS.ProcessEnv): readonly Finding[] {
  const { baseDir } = config.app;
  if (!existsSync(baseDir)) return [];
  const appFolder = realpathSync(baseDir);
  const there = launchesOf(config, env).filter(({ role }) => existsSync(moduleCacheFile(appFolder, role)));
  if (there.length === 0) return [ok(NAME, 'none; `eggcup compile --app` in the image’s build makes one')];
  const faults = there.flatMap(({ role, launch }) => {
    const why = judge(moduleCacheFile(appFolder, role), appFolder, launch);
    return why === undefined ? [] : [`${role}: ${why}`];
  });
  const roles = there.map(({ role }) => role).join(', ');
  if (faults.length === 0) return [ok(NAME, `there is one for this Node.js (${roles})`)];
  const remedy =
    'the application starts slower, or takes more memory: `eggcup compile --app` as the last step of the image’s build';
  return [warning(NAME, faults.join('; '), remedy)];
}

interface Planned {
  readonly role: Role;
  readonly launch: Launch;
}

/** As the master would start them; where they listen says nothing about modules. */
function launchesOf(config: Config, env: NodeJS.ProcessEnv): readonly Planned[] {
  const plan = planSize(readContainerFacts(), sizingOf(config));
  const roles = rolesAhead({ config, plan, framework: config.app.framework, strategy: 'roundRobin', env });
  return ROLES.flatMap((role) => {
    const launch = roles[role];
    return launch === undefined ? [] : [{ role, launch }];
  });
}

function judge(file: string, appFolder: string, launch: Launch): string | undefined {
  try {
    const cache = openModuleCache(file);
    if (cache === undefined) return undefined;
    cache.close();
    openTexts(cache);
    const start = { env: launch.env, execArgv: nodeOptionsOf(launch) };
    return judgeHead(cache.head, appFolder) ?? judgeOptions(cache.head, start);
  } catch (error) {
    return messageOf(error);
  }
}
