/** Names of the lines besides the quality gates (runbook 004, pre-deploy checklist, lines 2 to 5). */
export const checklistLines = {
  migrations: 'migrations',
  commit: 'commit',
  inputs: 'inputs and secrets',
  rollbackTarget: 'rollback target',
} as const;
