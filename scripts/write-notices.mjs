import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Names each package that was bundled, in the version that was, with its licence, as the licences want it; and so that a reader, or
 * a scanner, learns what runs.
 */
export function writeNotices(inputs, file) {
  const folders = new Set([...inputs].map((input) => packageFolder(input)).filter(Boolean));
  const notices = [...folders].map(noticeOf).toSorted((a, b) => (a < b ? -1 : 1));
  writeFileSync(file, `The programs in this folder hold code of these packages.\n\n${notices.join('\n')}`);
}

/** `…/node_modules/NAME` of a file in it. */
function packageFolder(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const terms = text === undefined ? '' : `\n${readFileSync(join(folder, text), 'utf8').trim()}\n`;
  return `---- ${name}@${version} (${license})\n${terms}`;
}
