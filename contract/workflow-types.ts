/** Names of the workflow types that this command line starts or looks for. */
export const workflowTypes = {
  release: 'release',
  deploy: 'deploy',
  migrate: 'migrate',
  promote: 'promote',
  rollback: 'rollback',
  checkDrift: 'checkDrift',
  environment: 'environment',
} as const;

/** The types whose runs change an environment: what `./slipway list` is about. */
export const changeTypes: readonly string[] = ['release', 'deploy', 'migrate', 'promote', 'rollback'];
