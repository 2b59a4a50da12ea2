/** Names the workflow types. */
export const workflowTypes = {
  release: 'release',
  deploy: 'deploy',
  migrate: 'migrate',
  promote: 'promote',
  rollback: 'rollback',
  checkDrift: 'checkDrift',
  environment: 'environment',
} as const;

/** Names the types whose runs change an environment: `./slipway list` shows them. */
export const changeTypes: readonly string[] = ['release', 'deploy', 'migrate', 'promote', 'rollback'];
