import { EggcupError } from '../errors.js';

/** Where `${NAME}` and `${file:PATH}` get their text from. */
export interface Sources {
  readonly variable: (name: string) => string | undefined;
  /** Throws when the file cannot be read. */
  readonly file: (path: string) => string;
}

export interface Interpolated {
  readonly text: string;
  /** The variables whose values are in the text. */
  readonly variables: readonly string[];
  /** Whether some of it was read from a file, as secrets are. */
  readonly isHidden: boolean;
}

/** What is wrong with a `${…}`; never shows a value. */
export class InterpolationError extends EggcupError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_INTERPOLATION', message, options);
  }
}

/**
 * Replaces `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${file:PATH}` and `$$`. As in a POSIX shell, `:-` and
 * `:?` count an empty variable as unset, and their words may hold a `${…}` again. A `$` before anything else stays.
 */
export function interpolate(text: string, sources: Sources): Interpolated {
  return evaluate(new TemplateParser(text).parse(), sources);
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: Fallback }
  | { readonly kind: 'file'; readonly path: readonly Part[] };

type Fallback =
  | { readonly kind: 'none' }
  | { readonly kind: 'default'; readonly parts: readonly Part[] }
  | { readonly kind: 'message'; readonly parts: readonly Part[] };

class TemplateParser {
  readonly #text: string;
  #index = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): readonly Part[] {
    return this.#partsUntil(undefined, 0);
  }

  #partsUntil(end: '}' | undefined, depth: number): readonly Part[] {
    const parts: Part[] = [];
    let literal = '';
    while (this.#index < this.#text.length && this.#text[this.#index] !== end) {
      if (this.#take('$$')) literal += '$';
      else if (this.#take('${')) {
        parts.push({ kind: 'text', text: literal }, this.#reference(depth));
        literal = '';
      } else literal += this.#text[this.#index++] ?? '';
    }
    return [...parts, { kind: 'text', text: literal }];
  }

  /** What follows `${`. */
  #reference(depth: number): Part {
    if (depth >= 8) throw new InterpolationError('${…} is nested too deeply');
    if (this.#take('file:')) return { kind: 'file', path: this.#closed(this.#partsUntil('}', depth + 1)) };
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#text.slice(this.#index))?.[0];
    if (name === undefined) throw new InterpolationError('a name must follow ${; write $$ for a plain $');
    this.#index += name.length;
    return { kind: 'variable', name, fallback: this.#closed(this.#fallback(name, depth)) };
  }

  #fallback(name: string, depth: number): Fallback {
    if (this.#take(':-')) return { kind: 'default', parts: this.#partsUntil('}', depth + 1) };
    if (this.#take(':?')) return { kind: 'message', parts: this.#partsUntil('}', depth + 1) };
    if (this.#index < this.#text.length && this.#text[this.#index] !== '}')
      throw new InterpolationError(`after \${${name} there must be }, :-default or :?message`);
    return { kind: 'none' };
  }

  #closed<T>(inner: T): T {
    if (!this.#take('}')) throw new InterpolationError('${ has no closing }; write $$ for a plain $');
    return inner;
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#index)) return false;
    this.#index += token.length;
    return true;
  }
}

function evaluate(parts: readonly Part[], sources: Sources): Interpolated {
  const values = parts.map((part) => evaluatePart(part, sources));
  return {
    text: values.map((value) => value.text).join(''),
    variables: values.flatMap((value) => value.variables),
    isHidden: values.some((value) => value.isHidden),
  };
}

function evaluatePart(part: Part, sources: Sources): Interpolated {
  switch (part.kind) {
    case 'text':
      return { text: part.text, variables: [], isHidden: false };
    case 'variable':
      return evaluateVariable(part.name, part.fallback, sources);
    case 'file':
      return { text: readSecret(evaluate(part.path, sources), sources), variables: [], isHidden: true };
  }
}

function evaluateVariable(name: string, fallback: Fallback, sources: Sources): Interpolated {
  const text = sources.variable(name);
  if (text !== undefined && (text !== '' || fallback.kind === 'none'))
    return { text, variables: [name], isHidden: false };
  switch (fallback.kind) {
    case 'none':
      throw new InterpolationError(`the variable ${name} is not set; set it, or write \${${name}:-default}`);
    case 'default':
      return evaluate(fallback.parts, sources);
    case 'message': {
      const message = shown(evaluate(fallback.parts, sources));
      throw new InterpolationError(`the variable ${name} is not set${message === '' ? '; set it' : `: ${message}`}`);
    }
  }
}

function readSecret(path: Interpolated, sources: Sources): string {
  if (path.text === '') throw new InterpolationError('a path must follow ${file:');
  try {
    return sources.file(path.text).replace(/\r?\n$/, '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // The system's words have the path in them.
    if (path.isHidden) throw new InterpolationError(`\${file:${shown(path)}} cannot be read`);
    throw new InterpolationError(`\${file:${path.text}} cannot be read: ${reason}`, { cause });
  }
}

/** What was read from a file may be a secret. */
function shown({ text, isHidden }: Interpolated): string {
  return isHidden ? '(not shown)' : text;
}
