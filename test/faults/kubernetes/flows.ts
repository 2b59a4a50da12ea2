import { expect } from 'vitest';
import type { ChangeKind } from '../../../contract/plan.ts';
import type { ChangeResult } from '../../../contract/status.ts';
import { developer, rollbackOf, type Run } from '../../end-to-end/runs.ts';
import type { ClusterEstate, ClusterStage } from './estate.ts';

/** A change in a cluster that is arrested and has to come to its end all the same. */
export interface ClusterFlow {
  name: string;
  kind: ChangeKind;
  withStaging?: boolean;
  /** Has the migration and a smoke run again after the roll-out, in a Job each. */
  withGate?: boolean;
  /** What has to be there before it begins; the worker that does it is not killed meanwhile. */
  prepare?: { environment: 'staging' | 'production'; scenario: string };
  begin(stage: ClusterStage, estate: ClusterEstate): Promise<Run>;
  /** Commit that serves in the end. */
  scenario: string;
  /** Commit whose migrations have run in the end. */
  schema: string;
  /** Asserts what else has to hold in the end. */
  inTheEnd?(estate: ClusterEstate): Promise<void>;
}

export const deployed: ClusterFlow = {
  name: 'deploy',
  kind: 'deploy',
  begin: (stage, estate) => stage.sandbox.runs.start('deploy', deployOf(stage, estate, 'production')),
  scenario: 'good',
  schema: 'good',
};

/** A deploy that its post-deploy gate has to pass. */
export const gated: ClusterFlow = { ...deployed, name: 'gate', withGate: true };

/** The digest that staging verified, to production. */
export const promoted: ClusterFlow = {
  ...deployed,
  name: 'promote',
  kind: 'promote',
  withStaging: true,
  prepare: { environment: 'staging', scenario: 'good' },
  begin: ({ sandbox: { runs } }, { name }) =>
    runs.start('promote', { service: name, from: 'staging', to: 'production', requestedBy: developer }),
};

/** Back to what was applied by hand; the migrations stay. */
export const rolledBack: ClusterFlow = {
  name: 'rollback',
  kind: 'rollback',
  prepare: { environment: 'production', scenario: 'good' },
  begin: ({ sandbox: { runs } }, estate) => runs.start('rollback', rollbackOf(estate)),
  scenario: 'baseline',
  schema: 'good',
};

/** Migration and smoke again, for what serves now. */
export const migrated: ClusterFlow = {
  name: 'migrate',
  kind: 'migrate',
  begin: ({ sandbox: { runs } }, { name }) =>
    runs.start('migrate', { service: name, environment: 'production', requestedBy: developer }),
  scenario: 'baseline',
  schema: 'baseline',
};

/** Key of the Secret that is rotated; the pods read it by a variable of the same name. */
const rotatedKey = 'SECRET_KEY_BASE';

/** A person has added a version before. The pods get it, and the old one is disabled in the end. */
export const rotated: ClusterFlow = {
  name: 'rotate',
  kind: 'rotateSecrets',
  begin: async ({ sandbox: { runs } }, { name, production }) => {
    await production.addVersion(rotatedKey);
    const request = { service: name, environment: 'production', requestedBy: developer };
    return runs.start('rotateSecrets', { ...request, secrets: { [rotatedKey]: '2' } });
  },
  scenario: 'baseline',
  schema: 'baseline',
  inTheEnd: async ({ production }) => {
    expect(await production.versionsOf(rotatedKey)).toEqual({ read: 2, disabled: [1] });
  },
};

/** On a busy machine a step may park: it waits for a person, and nobody is there. */
const preparedWithinMs = 300_000;

/** Does what a flow needs before it begins; answers the run, with its result. */
export async function prepare(
  stage: ClusterStage,
  estate: ClusterEstate,
  flow: ClusterFlow,
): Promise<{ run: Run; result: ChangeResult } | undefined> {
  if (!flow.prepare) return undefined;
  const run = await stage.sandbox.runs.start('deploy', deployOf(stage, estate, flow.prepare.environment));
  const tooLate = new Promise<never>((_resolve, reject) => {
    const give = () => reject(new Error(`${estate.name} was not prepared within ${preparedWithinMs / 1000} s`));
    setTimeout(give, preparedWithinMs).unref();
  });
  return { run, result: await Promise.race([run.result(), tooLate]) };
}

function deployOf(stage: ClusterStage, { name }: ClusterEstate, environment: string): object {
  return { service: name, environment, commit: stage.commit('good'), requestedBy: developer };
}
