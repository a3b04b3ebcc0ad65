import { existsSync, realpathSync } from 'node:fs';
import type { Config } from '../config/schema.js';
import { readContainerFacts } from '../container/facts.js';
import { messageOf } from '../errors.js';
import { nodeOptionsOf, rolesOf } from '../master/roles.js';
import type { NodeStart } from '../module-cache/flags.js';
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
  const starts = startsOf(config, env);
  const there = ROLES.filter((role) => starts[role] !== undefined && existsSync(moduleCacheFile(appFolder, role)));
  if (there.length === 0) return [ok(NAME, 'none; `eggcup compile --app` in the image’s build makes one')];
  const faults = there.flatMap((role) => {
    const why = judge(moduleCacheFile(appFolder, role), appFolder, starts[role]);
    return why === undefined ? [] : [`${role}: ${why}`];
  });
  if (faults.length === 0) return [ok(NAME, `there is one for this Node.js (${there.join(', ')})`)];
  const remedy =
    'the application starts slower, or takes more memory: `eggcup compile --app` as the last step of the image’s build';
  return [warning(NAME, faults.join('; '), remedy)];
}

/** As the master would start them; where they listen says nothing about modules. */
function startsOf(config: Config, env: NodeJS.ProcessEnv): Readonly<Record<Role, NodeStart | undefined>> {
  const { agent, app } = rolesOf({
    config,
    plan: planSize(readContainerFacts(), sizingOf(config)),
    framework: config.app.framework,
    clusterPort: 0,
    strategy: 'roundRobin',
    masterPid: 0,
    instance: '',
    env,
  });
  const startOf = (launch: Launch): NodeStart => ({ env: launch.env, execArgv: nodeOptionsOf(launch) });
  return { agent: agent === undefined ? undefined : startOf(agent), app: startOf(app) };
}

function judge(file: string, appFolder: string, start: NodeStart | undefined): string | undefined {
  try {
    const cache = openModuleCache(file);
    if (cache === undefined) return undefined;
    cache.close();
    openTexts(cache);
    return judgeHead(cache.head, appFolder) ?? (start === undefined ? undefined : judgeOptions(cache.head, start));
  } catch (error) {
    return messageOf(error);
  }
}
