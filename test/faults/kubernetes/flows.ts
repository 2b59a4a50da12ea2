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
