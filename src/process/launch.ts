/** How a child is started. */
export interface Launch {
  readonly exec: string;
  readonly args: string[];
  readonly execArgv: string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}
