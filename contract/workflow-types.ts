import type {
  BaselineInput,
  CheckDriftInput,
  DailyChecksInput,
  DeployInput,
  DrillInput,
  IncidentInput,
  MigrateInput,
  PromoteInput,
  ReleaseInput,
  RestartInput,
  RollbackInput,
  RotateSecretsInput,
  SwitchTrafficInput,
  TestNotificationsInput,
} from './inputs.ts';

/** Names of the workflow types that a client starts or looks for. */
export const workflowTypes = {
  release: 'release',
  deploy: 'deploy',
  migrate: 'migrate',
  promote: 'promote',
  rollback: 'rollback',
  restart: 'restart',
  rotateSecrets: 'rotateSecrets',
  switchTraffic: 'switchTraffic',
  drill: 'drill',
  incident: 'incident',
  checkDrift: 'checkDrift',
  dailyChecks: 'dailyChecks',
  testNotifications: 'testNotifications',
  baseline: 'baseline',
  environment: 'environment',
} as const;

/** Input of each workflow type that a person starts. */
export interface WorkflowInputs {
  release: ReleaseInput;
  deploy: DeployInput;
  migrate: MigrateInput;
  promote: PromoteInput;
  rollback: RollbackInput;
  restart: RestartInput;
  rotateSecrets: RotateSecretsInput;
  switchTraffic: SwitchTrafficInput;
  drill: DrillInput;
  incident: IncidentInput;
  checkDrift: CheckDriftInput;
  dailyChecks: DailyChecksInput;
  testNotifications: TestNotificationsInput;
  baseline: BaselineInput;
}

/** The types whose runs change an environment, or disturb it: `./slipway list` shows these. */
export const changeTypes = [
  'release',
  'deploy',
  'migrate',
  'promote',
  'rollback',
  'restart',
  'rotateSecrets',
  'switchTraffic',
  'drill',
] as const;

/** Names one workflow type whose runs change or disturb an environment. */
export type ChangeType = (typeof changeTypes)[number];
