/** A word of a shell's command. */
export interface Word {
  /** As it stands in the line. */
  readonly raw: string;
  /** As a config writes it; `undefined` for what only a shell can do: `$(date)`. */
  readonly text: string | undefined;
}

/** The commands of a line. */
export function commandsOf(line: string): readonly string[] {
  // Not the & of `2>&1` and `&>`.
  return line.split(/&&|\|\||[;|]|(?<![>&])&(?![>&])/);
}

/** As a shell parts them, as far as quotes go. */
export function wordsOf(command: string): readonly Word[] {
  return [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([raw]) => ({ raw, text: textOf(raw) }));
}

function textOf(raw: string): string | undefined {
  const parts = [...raw.matchAll(/'([^']*)'|"([^"]*)"|[^"']+/g)].map(([all, single, double]) =>
    single === undefined ? expanded(double ?? all) : single.replaceAll('$', '$$$$'),
  );
  return parts.includes(undefined) ? undefined : parts.join('');
}

/** What the shell would put in, eggcup does: a variable that is not set is empty. `undefined` for what it has no word for. */
function expanded(text: string): string | undefined {
  const others = text.replaceAll(/\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::[-?][^${}]*)?\})/g, '');
  if (/[`$]/.test(others)) return undefined;
  return text.replaceAll(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/g,
    (_, bare: string, braced: string) => `\${${bare ?? braced}:-}`,
  );
}
