/** The chart, rendered by the helm that is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from './cluster.js';
import { isInstalled } from './inits.js';

export const chart = join(projectRoot, 'helm/eggcup');
/** The version of eggcup, and of the chart. */
export const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
/** A file of values for each way to use the chart. */
export const variants: readonly string[] = readdirSync(join(chart, 'ci'));
export const variantFile = (variant: string): string => join(chart, 'ci', variant);

/** What a manifest is, as far as tests look at it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- of any kind; its schema is looked at apart from this
  readonly [field: string]: any;
}

export interface Rendered {
  readonly manifests: readonly Manifest[];
  /** Why it was refused; empty when it was not. */
  readonly refusal: string;
}

export type Helm = 'helm' | 'helm3';

/** One test for each version of helm that is there: the current one is `helm`, the one before may be `helm3`. */
export function testWithHelm(
  title: string,
  run: (t: TestContext, helm: Helm) => void | Promise<void>,
  versions: readonly Helm[] = ['helm', 'helm3'],
): void {
  for (const helm of versions)
    test(`${title} (${helm})`, (t) => {
      if (!isInstalled(helm)) return t.skip(`helm is not installed as ${helm}: scripts/install-test-tools.sh`);
      return run(t, helm);
    });
}

/** Values that render, for tests of something else. */
export const VALID = { image: { repository: 'example.com/app', tag: '1' }, config: { app: { script: 'server.js' } } };

export function template(helm: Helm, files: readonly string[], args: readonly string[] = []): Rendered {
  return render(helm, ['shop', chart, ...valuesOf(files), ...args]);
}

/** Whatever `helm template` is given, such as another release or a chart around this one. */
export function render(helm: Helm, args: readonly string[]): Rendered {
  const { status, stdout, stderr } = call(helm, ['template', ...args]);
  if (status !== 0) return { manifests: [], refusal: stderr };
  const documents = parseAllDocuments(stdout);
  const manifests = Array.isArray(documents) ? documents.map((document) => document.toJS() as Manifest | null) : [];
  return { manifests: manifests.filter((manifest) => manifest !== null), refusal: '' };
}

/** The chart with values that are given here, laid over `VALID`. */
export function templateWith(helm: Helm, values: object, args: readonly string[] = [], base: object = VALID): Rendered {
  const folder = mkdtempSync(join(tmpdir(), 'eggcup-chart-'));
  try {
    const files = [base, values].map((content, index) => {
      const file = join(folder, `${index}.yaml`);
      writeFileSync(file, JSON.stringify(content));
      return file;
    });
    return template(helm, files, args);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function lint(helm: Helm, files: readonly string[]): string {
  const { status, stdout, stderr } = call(helm, ['lint', '--strict', chart, ...valuesOf(files)]);
  return status === 0 ? '' : stdout + stderr;
}

/** What `helm install` says at its end. Only of the current version: the one before asks a cluster first. */
export function notes(files: readonly string[], args: readonly string[] = []): string {
  const install = ['install', 'shop', chart, '--dry-run=client', ...valuesOf(files), ...args];
  const { status, stdout, stderr } = call('helm', install);
  assert.equal(status, 0, stderr);
  return stdout.split('NOTES:\n')[1] ?? '';
}

/** The only one of its kind. */
export function only(rendered: Rendered, kind: string): Manifest {
  assert.equal(rendered.refusal, '');
  const [first, ...others] = rendered.manifests.filter((manifest) => manifest.kind === kind);
  assert.ok(first !== undefined && others.length === 0, `one ${kind}`);
  return first;
}

function valuesOf(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => ['--values', file]);
}

/** Without anybody's plugins, repositories or cluster. */
function call(helm: Helm, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const nowhere = join(tmpdir(), 'eggcup-no-helm-home');
  const env = { ...process.env, KUBECONFIG: join(nowhere, 'config'), HELM_PLUGINS: join(nowhere, 'plugins') };
  const result = spawnSync(helm, args, { encoding: 'utf8', timeout: 30_000, env });
  if (result.error !== undefined) throw result.error;
  return result;
}
