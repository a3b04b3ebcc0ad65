import type { CST } from 'yaml';

/**
 * The offset of a node with more than `limit` collections around it, or `undefined`. To be asked before anything is composed of
 * `tokens`, which is recursive: at the end of the stack V8 may abort the process instead of throwing (when a regular expression
 * happens to be compiled there).
 */
export function findTooDeep(tokens: readonly CST.Token[], limit: number): number | undefined {
  let level = tokens.flatMap(childrenOf);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return level[0]?.offset;
    level = level.flatMap(childrenOf);
  }
  return undefined;
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((child) => child !== undefined && child !== null));
}
