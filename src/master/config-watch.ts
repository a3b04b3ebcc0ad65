import { readBytes } from '../config/read-text.js';

export interface ConfigWatchOptions {
  /** The config file; in a pod a link of a ConfigMap's volume (`..data`), which is exchanged as a whole. */
  readonly file: string;
  /** `reload.watch` */
  readonly isOn: () => boolean;
  readonly onChange: () => void;
}

const LOOK_MS = 1000;

/**
 * Looks at what the config file holds, every second: links that are exchanged, files that are moved into place and network file
 * systems tell nobody. A change counts when the next look finds the same: an editor may be half way through.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #known: string | undefined;
  #seen: string | undefined;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    if (options.isOn()) this.sync(); // A reload that turns it on reads the file anyway.
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** The file is read now by somebody else: as it is, it is no news. */
  sync(): void {
    this.#known = this.#read();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (!this.#options.isOn()) return;
    const text = this.#read();
    const isSettled = text === this.#seen;
    this.#seen = text;
    if (text === undefined || text === this.#known || !isSettled) return;
    this.#known = text;
    this.#options.onChange();
  }

  /** `undefined` while it can't be read: it is being exchanged, or was taken away, which is no config. */
  #read(): string | undefined {
    try {
      return readBytes(this.#options.file, undefined).toString('latin1'); // Whether it is text is for the reload to say.
    } catch {
      return undefined;
    }
  }
}
