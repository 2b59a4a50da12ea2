import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CommandModule } from '../../client/cli/command.ts';
import { createOutput } from '../../client/cli/output.ts';
import { openSerializer } from '../../client/cli/serializer.ts';
import { openSession } from '../../client/cli/session.ts';
import { deploy } from '../../client/commands/deploy.ts';
import { drill } from '../../client/commands/drill.ts';
import { migrate } from '../../client/commands/migrate.ts';
import { promote } from '../../client/commands/promote.ts';
import { release } from '../../client/commands/release.ts';
import { rollback } from '../../client/commands/rollback.ts';
import { rotateSecrets } from '../../client/commands/rotate-secrets.ts';
import { standInVariables } from '../../sandbox/people.ts';

const commit = 'a'.repeat(40);
const by = 'ann@example.com';

/** Runs a command with `--print --json`: it starts nothing, and answers what it would start. */
const printed = async (command: CommandModule<any>, options: object, catalog = '/nonexistent') => {
  let text = '';
  const stdout = { write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WritableStream;
  const environment = { ...standInVariables, SLIPWAY_CATALOG: catalog, SLIPWAY_USER: by };
  const output = createOutput(await openSerializer({ json: true }), { stdout, stderr: stdout, environment });
  const session = openSession({ output, interrupted: new AbortController().signal, environment });
  await command.run(session, { ...options, print: true }, 'agento');
  return JSON.parse(text);
};

describe('a command that starts a run', () => {
  it.each<[string, CommandModule<any>, object, object, RegExp]>([
    ['release', release, { commit }, { commit }, /^release-agento-aaaaaaaa-[0-9a-f]{6}$/],
    [
      'deploy',
      deploy,
      { environment: 'staging', commit, dryRun: true },
      { environment: 'staging', commit, dryRun: true },
      /^deploy-agento-staging-aaaaaaaa-[0-9a-f]{6}$/,
    ],
    ['migrate', migrate, { environment: 'staging' }, { environment: 'staging' }, /^migrate-agento-staging-/],
    [
      'promote',
      promote,
      { from: 'staging', to: 'production' },
      { from: 'staging', to: 'production' },
      /^promote-agento-production-/,
    ],
    [
      'rollback',
      rollback,
      { environment: 'production', to: 'c1-known', schemaVersion: '3' },
      { environment: 'production', to: 'c1-known', schemaVersion: '3' },
      /^rollback-agento-production-[0-9a-f]{6}$/,
    ],
    [
      'drill',
      drill,
      { environment: 'staging', kind: 'deletePod,restart' },
      { environment: 'staging', kind: ['deletePod', 'restart'] },
      /^drill-agento-staging-[0-9a-f]{6}$/,
    ],
    [
      'rotateSecrets',
      rotateSecrets,
      { environment: 'staging', versions: 'DATABASE_URL=7,INTERNAL_API_KEY=2' },
      { environment: 'staging', secrets: { DATABASE_URL: '7', INTERNAL_API_KEY: '2' } },
      /^rotateSecrets-agento-staging-[0-9a-f]{6}$/,
    ],
  ])('%s has the input of its workflow, and an id that says what it is about', async (type, command, ...expected) => {
    const [options, fields, workflowId] = expected;
    expect(await printed(command, { ...options, reason: 'errors' })).toEqual({
      taskQueue: 'slipway',
      workflowType: type,
      workflowId: expect.stringMatching(workflowId),
      input: { service: 'agento', requestedBy: by, reason: 'errors', ...fields },
    });
  });

  it('rotate-secrets takes numbers only, and repeats nothing that may be a value', async () => {
    const versions = 'DATABASE_URL=postgres://user:word@db,KEY';
    const failure = printed(rotateSecrets, { environment: 'staging', versions });
    await expect(failure).rejects.toMatchObject({
      problems: [
        { path: 'secrets.DATABASE_URL', message: 'must be the number of a version, never a value' },
        { path: 'secrets.KEY', message: 'must be the number of a version, never a value' },
      ],
    });
    await expect(failure.catch((error: unknown) => JSON.stringify(error))).resolves.not.toContain('word');
    await expect(printed(rotateSecrets, { environment: 'staging' })).rejects.toMatchObject({
      problems: [{ path: 'secrets', message: 'must name a secret' }],
    });
  });

  it('drill names the parts that there are', async () => {
    await expect(printed(drill, { environment: 'staging', kind: 'deleteNode' })).rejects.toMatchObject({
      problems: [{ path: 'kind', message: 'must be all, or of deletePod, restart, breakConnections: one or a list' }],
    });
  });

  it('says at once all that is wrong, by the schema and by the catalog', async () => {
    const catalog = path.join(import.meta.dirname, '..', '..', 'catalog');
    await expect(printed(rollback, { environment: 'nowhere', to: '!' }, catalog)).rejects.toMatchObject({
      problems: [
        { path: 'reason' },
        { path: 'to' },
        { path: 'environment', message: expect.stringContaining('unknown environment nowhere') },
      ],
    });
  });
});
