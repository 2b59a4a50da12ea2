import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { furtherParts } from '../../sandbox/parts.ts';
import { alertmanager } from '../../sandbox/servers/alertmanager.ts';
import { cachedProgram } from '../../sandbox/servers/cache.ts';
import { kubectl, obtainKubernetes } from '../../sandbox/servers/kubernetes.ts';
import { tryLock, withLock } from '../../sandbox/servers/lock.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { temporalCli } from '../../sandbox/servers/temporal.ts';
import { inTurn, whatFollows } from '../../sandbox/servers/turns.ts';
import { fits } from '../../sandbox/servers/version.ts';

let folder: string;

const script = async (name: string, text: string): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
};

/** The stand-in for Go is new enough, and has two packages to compile. */
const saysVersion =
  '[ "$1" = version ] && echo go version go1.99.0 && exit; [ "$1" = list ] && printf "one\\ntwo\\n" && exit';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-servers-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('SLIPWAY_TEMPORAL_CLI', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('obtaining a server', () => {
  it('takes the file that the variable names before one on PATH', async () => {
    const named = await script('mine', 'exit 0');
    await script('temporal', 'echo temporal version 1.6.0');
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    vi.stubEnv('SLIPWAY_TEMPORAL_CLI', named);
    expect(await obtain(temporalCli, () => {})).toBe(named);
  });

  it('takes a program on PATH whose version fits', async () => {
    const installed = await script('temporal', "echo 'temporal version 1.6.0 (Server 1.30.0, UI 2.43.0)'");
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    expect(await obtain(temporalCli, () => {})).toBe(installed);
  });

  it.each([
    [
      'the variable names no program',
      { SLIPWAY_TEMPORAL_CLI: '/nowhere/temporal' },
      /SLIPWAY_TEMPORAL_CLI names \/nowhere\/temporal/,
    ],
    ['there is nothing to build it with', { PATH: '/nowhere', GOPROXY: 'off' }, /no Go 1\.\d+ or later on PATH/],
  ])('names what is missing and three ways when %s', async (_case, variables, reason) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const failure = await obtain(temporalCli, () => {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ServerMissing' });
    expect(String(failure)).toMatch(reason);
    expect(String(failure)).toMatch(/Temporal CLI is missing[\s\S]*1\.[\s\S]*2\.[\s\S]*3\./);
  });

  it('shows the last lines of a build that failed', async () => {
    await script('go', `${saysVersion}; echo "no route to the module proxy" >&2; exit 1`);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    await expect(obtain(temporalCli, () => {})).rejects.toThrow(/no route to the module proxy[\s\S]*3\./);
    expect(await readdir(join(folder, 'cache', 'slipway'))).toEqual([]);
  });

  it('says how much of it there is, how to spare it, and counts', async () => {
    const go =
      `${saysVersion}; ` +
      'while [ "$1" != -o ]; do shift; done; echo go.temporal.io/server >&2; sleep 1.5; ' +
      'printf "#!/bin/sh\\n" >"$2"; chmod +x "$2"';
    await script('go', go);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    const said: [string, boolean?][] = [];
    await obtain(temporalCli, (...line) => said.push(line));
    expect(said).toContainEqual([
      expect.stringMatching(
        /minutes on two cores\); or stop this, and set SLIPWAY_TEMPORAL_CLI to the file of a temporal 1\.5\.1 or later/,
      ),
    ]);
    expect(said).toContainEqual([
      expect.stringMatching(/^Temporal CLI: building for \d s, 1 of 2 packages compiled/),
      true,
    ]);
  });

  it('builds once, also for two that ask at once, and never half', async () => {
    // The arguments of go build are: … -o <file> <package>
    const go =
      `${saysVersion}; ` +
      'while [ "$1" != -o ]; do shift; done; echo built >>"$(dirname "$0")/builds"; ' +
      'printf "#!/bin/sh\\n" >"$2"; chmod +x "$2"';
    await script('go', go);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    const [first, second] = await Promise.all([obtain(temporalCli, () => {}), obtain(temporalCli, () => {})]);
    expect(first).toBe(second);
    expect(await obtain(temporalCli, () => {})).toBe(first);
    expect(await readdir(join(folder, 'cache', 'slipway'))).toHaveLength(1);
    expect(await readdir(folder)).toContain('builds');
  });
});

describe('a module whose archive lacks files', () => {
  it('is built from a copy that has them, by a pin that names the copy', async () => {
    const source = join(folder, 'source');
    await mkdir(join(source, 'ui'), { recursive: true });
    await writeFile(join(source, 'ui', 'web.go'), 'package ui\n');
    await chmod(join(source, 'ui'), 0o555);
    // The arguments of go build are: -modfile <file> … -o <file> <package>
    const go =
      `${saysVersion}; ` +
      `[ "$1" = mod ] && echo '{"Dir": "${source}"}' && exit; ` +
      'while [ "$1" != -modfile ]; do shift; done; pin=$2; copy=$(sed -n "s/^replace .* => //p" "$pin"); ' +
      'cat "$copy/ui/web.go" "$copy/ui/app/dist/index.html" >"$(dirname "$0")/seen" || exit; ' +
      'cp "${pin%.mod}.sum" "$(dirname "$0")/sum"; ' +
      'while [ "$1" != -o ]; do shift; done; printf "#!/bin/sh\\n" >"$2"; chmod +x "$2"';
    await script('go', go);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    expect(basename(await obtain(alertmanager, () => {}))).toBe('alertmanager');
    expect(await readFile(join(folder, 'seen'), 'utf8')).toMatch(/^package ui\n<!doctype html>/);
    const pinned = join(import.meta.dirname, '..', '..', 'sandbox', 'servers', 'alertmanager', 'go.sum');
    expect(await readFile(join(folder, 'sum'), 'utf8')).toBe(await readFile(pinned, 'utf8'));
    await chmod(join(source, 'ui'), 0o755);
  });
});

describe('programs that are built together', () => {
  it('are built by one build, one after the other, and are one entry of the cache', async () => {
    const go =
      `${saysVersion}; ` +
      'while [ "$1" != -o ]; do shift; done; echo built >>"$(dirname "$0")/builds"; folder=$2; shift 2; ' +
      'for name; do printf "#!/bin/sh\\n" >"$folder${name##*/}"; chmod +x "$folder${name##*/}"; done';
    await script('go', go);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    const programs = await obtainKubernetes(() => {});
    expect(Object.values(programs).map((file) => basename(file))).toEqual([
      'kube-apiserver',
      'kube-controller-manager',
      'kubectl',
    ]);
    expect(await readFile(join(folder, 'builds'), 'utf8')).toBe('built\n');
    expect(await readdir(join(folder, 'cache', 'slipway'))).toHaveLength(1);
  });

  it('are not taken from PATH in another minor version', async () => {
    await script('kubectl', 'echo "Client Version: v1.32.4"');
    await script('go', `${saysVersion}; exit 1`);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
    await expect(obtain(kubectl, () => {})).rejects.toThrow(/program called kubectl of version 1\.36\.0 or later/);
    await script('kubectl', 'echo "Client Version: v1.36.9"');
    expect(await obtain(kubectl, () => {})).toBe(join(folder, 'kubectl'));
  });
});

describe('work that takes the whole machine', () => {
  it('is done one after the other, and says what is left', async () => {
    const said: string[] = [];
    const work = (title: string) => async (): Promise<void> => {
      await Promise.resolve();
      said.push(`${title}${whatFollows(title)}`);
    };
    await Promise.all(['Go', 'etcd', 'Kubernetes'].map((title) => inTurn(title, work(title))));
    expect(said).toEqual(['Go; left after that: etcd, Kubernetes', 'etcd; left after that: Kubernetes', 'Kubernetes']);
  });

  it('is done although the work before it failed', async () => {
    const failure = inTurn('etcd', () => Promise.reject(new Error('no disk')));
    await expect(Promise.all([failure.catch(String), inTurn('Go', () => Promise.resolve('done'))])).resolves.toEqual([
      'Error: no disk',
      'done',
    ]);
  });
});

describe('versions', () => {
  const wanted = { major: 1, minor: 5, patch: 1 };
  it.each([
    [{ major: 1, minor: 5, patch: 1 }, true],
    [{ major: 1, minor: 10, patch: 0 }, true],
    [{ major: 1, minor: 5, patch: 0 }, false],
    [{ major: 0, minor: 9, patch: 9 }, false],
    [{ major: 2, minor: 0, patch: 0 }, false],
  ])('%o fits: %s', (version, expected) => expect(fits(version, wanted)).toBe(expected));
});

describe('the cache', () => {
  it('has another entry for another pin', async () => {
    const build = async (place: string): Promise<void> => {
      await writeFile(join(place, 'x'), '', { mode: 0o755 });
    };
    const [a, b] = await Promise.all(
      ['1', '2'].map((pin) => cachedProgram({ name: 'x', pin: [pin], build, onWait: () => {} })),
    );
    expect(a).not.toBe(b);
  });
});

describe('locks', () => {
  it('are held by one, and taken from a holder that died', async () => {
    const file = join(folder, 'lock');
    const release = await tryLock(file);
    expect(await tryLock(file)).toBeUndefined();
    await release?.();
    // The pid lives, but it is another process than the one that took the lock.
    await writeFile(file, JSON.stringify({ pid: process.ppid, started: 'long ago' }));
    expect(await tryLock(file)).toBeDefined();
  });

  it('let work run one after the other', async () => {
    const steps: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      steps.push(`${name} starts`);
      await Promise.resolve();
      steps.push(`${name} ends`);
    };
    await Promise.all(['a', 'b'].map((name) => withLock(join(folder, 'lock'), () => {}, work(name))));
    expect(
      steps
        .filter((_step, index) => index % 2 === 0)
        .every((step, index) => steps[index * 2 + 1] === step.replace('starts', 'ends')),
    ).toBe(true);
  });
});

describe('further parts of a sandbox', () => {
  it('are those that exist; all unknown names are said at once', () => {
    expect(furtherParts(['monitoring'])).toEqual(['monitoring']);
    expect(() => furtherParts(['monitoring', 'moon', 'mars'])).toThrow(
      'the sandbox has no part called moon, mars; there is: monitoring, kubernetes',
    );
  });
});
