import type {
  CheckDriftInput,
  DeployInput,
  MigrateInput,
  PromoteInput,
  ReleaseInput,
  RollbackInput,
} from './inputs.ts';

/** Names of the workflow types that a client starts or looks for. */
export const workflowTypes = {
  release: 'release',
  deploy: 'deploy',
  migrate: 'migrate',
  promote: 'promote',
  rollback: 'rollback',
  checkDrift: 'checkDrift',
  environment: 'environment',
} as const;

/** Input of each workflow type that a person starts. */
export interface WorkflowInputs {
  release: ReleaseInput;
  deploy: DeployInput;
  migrate: MigrateInput;
  promote: PromoteInput;
  rollback: RollbackInput;
  checkDrift: CheckDriftInput;
}

/** The types whose runs change an environment: `./slipway list` shows these. */
export const changeTypes = ['release', 'deploy', 'migrate', 'promote', 'rollback'] as const;

/** Names one workflow type whose runs change an environment. */
export type ChangeType = (typeof changeTypes)[number];
