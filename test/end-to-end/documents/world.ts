import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { up } from '../../../sandbox/up.ts';
import { openedForFile } from '../../opened-for-file.ts';
import { expectInvariants } from '../invariants.ts';
import { TestSandbox } from '../sandbox.ts';
import { commandsOf } from './commands.ts';
import { PersonsShell, type Pasted, type Staying } from './persons-shell.ts';

/** A person's shell, and the sandbox that they have brought up with it. */
export interface World {
  shell: PersonsShell;
  sandbox: TestSandbox;
  /** The commands that brought it up. */
  opened: readonly string[];
}

export interface WorldOptions {
  /** Commands of documents that bring it up, in this order, each in a terminal of its own. */
  opening: readonly string[];
  /** True where the reader has come through the README, and `where` and `temporal` are there. */
  isAfterReadme?: boolean;
  prepare?: (world: World) => Promise<unknown>;
}

/** A sandbox says this once all of it is up, and a worker once it takes work. */
const isUp = /Ctrl-C stops it|worker ready/;

/** Brings a world up for the file that calls this, by the commands of the documents; ends it by Ctrl-C. */
export function openWorld(options: WorldOptions): World {
  const opened = openedForFile(
    () => OpenWorld.open(options),
    (world) => world.close(),
    300_000,
  );
  return opened;
}

class OpenWorld implements World {
  readonly shell: PersonsShell;
  readonly sandbox: TestSandbox;
  readonly opened: readonly string[];
  private readonly parent: string;
  private readonly staying: Staying[];

  private constructor(
    parent: string,
    shell: PersonsShell,
    sandbox: TestSandbox,
    opened: readonly string[],
    staying: Staying[],
  ) {
    this.parent = parent;
    this.shell = shell;
    this.sandbox = sandbox;
    this.opened = opened;
    this.staying = staying;
  }

  static async open({ opening, isAfterReadme = false, prepare }: WorldOptions): Promise<OpenWorld> {
    const parent = await mkdtemp(path.join(tmpdir(), 'slipway-documents-'));
    const shell = await PersonsShell.open(parent);
    const staying: Staying[] = [];
    for (const command of opening) {
      if (command.includes('--detach')) succeeded(await shell.paste(command));
      else staying.push(await shell.start(command, isUp));
    }
    const running = await up({ dir: path.join(shell.folder, '.slipway', 'sandbox') });
    const sandbox = await TestSandbox.of(running, shell.folder);
    await equip(shell, sandbox);
    const world = new OpenWorld(parent, shell, sandbox, opening, staying);
    if (isAfterReadme)
      for (const command of commandsOf('README.md', 'With the Temporal CLI').slice(0, 3))
        succeeded(await shell.paste(command));
    await prepare?.(world);
    return world;
  }

  async close(): Promise<void> {
    try {
      expectInvariants(await this.sandbox.calls());
      for (const command of this.staying.toReversed()) succeeded(await command.interrupt());
      if (this.opened.some((command) => command.includes('--detach')))
        succeeded(await this.shell.paste('./slipway sandbox down'));
    } finally {
      await this.sandbox.close();
      await rm(this.parent, { recursive: true, force: true });
    }
  }
}

/** Gives the person what they have besides: a kubectl and a gcloud, both set up for this world. */
async function equip({ folder, variables }: PersonsShell, { description, cloud }: TestSandbox): Promise<void> {
  if (description.kubernetes) {
    const { kubectl, kubeconfig } = description.kubernetes;
    await symlink(path.dirname(kubectl), path.join(folder, 'kubectl-of-sandbox'));
    variables['PATH'] = `${path.join(folder, 'kubectl-of-sandbox')}:${variables['PATH']}`;
    variables['KUBECONFIG'] = kubeconfig;
  }
  Object.assign(variables, {
    CLOUDSDK_CONFIG: path.join(folder, '.gcloud'),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: `${cloud.http}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: `${cloud.http}/`,
    CLOUDSDK_AUTH_DISABLE_CREDENTIALS: 'true',
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
    CLOUDSDK_CORE_PROJECT: cloud.project,
  });
}

/** Answers what a command said that has to work. */
export function succeeded(pasted: Pasted): string {
  if (pasted.exitCode !== 0) throw new Error(`${pasted.command} ended with ${pasted.exitCode}:\n${pasted.said}`);
  return pasted.said;
}
