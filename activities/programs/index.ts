import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finalFailure } from '../failure.ts';
import type { Programs } from '../ports/programs.ts';
import { confined, obstacleToConfinement, withStart } from './bubblewrap.ts';
import { hasMetadataServer } from './metadata-server.ts';
import { runProgram } from './run.ts';

interface Options {
  /** True where the worker has credentials of a cloud: then no program of a commit runs unless it is confined. */
  hasCredentials: boolean;
  /** What is asked of the machine, for tests. */
  machine?: Pick<Machine, 'obstacle' | 'hasMetadataServer'>;
}

interface Machine {
  /** Says why programs cannot be confined; null if they can. */
  obstacle(): Promise<string | null>;
  hasMetadataServer(): Promise<boolean>;
}

const thisMachine: Machine = { obstacle: obstacleToConfinement, hasMetadataServer };

const otherWay = 'or have GitHub check the commits (checklist.github)';

/** Makes the port that runs programs of commits, each in an empty home, and confined where the machine can. */
export function createPrograms({ hasCredentials, machine = thisMachine }: Options): Programs {
  return {
    async runConfined({ folders, offline, ...program }) {
      const obstacle = await machine.obstacle();
      if (hasCredentials) {
        if (obstacle !== null)
          throw finalFailure('Missing', `${obstacle}: install it (apt-get install bubblewrap), ${otherWay}`);
        if (!offline && (await machine.hasMetadataServer()))
          throw finalFailure(
            'Missing',
            'the metadata server of this machine gives its credentials to every program with a network: ' +
              `say offline: true for the command, give the environment a worker on another machine, ${otherWay}`,
          );
      }
      const home = await mkdtemp(path.join(tmpdir(), 'slipway-home-'));
      try {
        const { command, cwd } = program;
        const variables = { HOME: home, TMPDIR: home, ...program.variables };
        if (obstacle !== null) return await runProgram({ ...program, variables });
        const inside = confined(command, { folders, home, cwd, offline, variables: program.variables });
        return withStart(await runProgram({ ...program, variables, command: inside }));
      } finally {
        await rm(home, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}
