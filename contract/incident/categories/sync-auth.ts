import type { Category } from '../category.ts';
import { increaseOf } from '../own-series.ts';

/** Sync sockets that are not let in, or tokens that are not minted (runbook 001, section 4, F). */
export const syncAuth = {
  letter: 'F',
  title: 'sync auth failures or token mint failures',
  alerts: ['OpenAgentsRuntimeSyncSocketAuthFailureRatioHigh', 'OpenAgentsKhalaTokenMintFailureRatioHigh'],
  words: [
    'auth',
    'token',
    'tokens',
    'sync.socket.auth',
    'khala.token.mint',
    'unknown_kid',
    'claim_mismatch',
    'token_expired',
    'missing_token',
    'signing_key',
  ],
  runbook: 'docs/runbooks/sync-auth.md',
  looks: [
    { kind: 'logs', name: 'auth rejects', word: 'auth', by: ['event', 'outcome', 'reason'] },
    {
      kind: 'metric',
      name: 'reject reasons',
      query: increaseOf('openagents_runtime_sync_socket_auth_rejects_total', ['reason']),
    },
    { kind: 'logs', name: 'token mints', word: 'mint', by: ['event', 'outcome', 'error_class'] },
    {
      kind: 'metric',
      name: 'mint outcomes',
      query: increaseOf('openagents_khala_token_mints_total', ['outcome']),
    },
  ],
  checklist: [
    {
      name: 'alerts',
      action: 'see which of the two alerts fire, and since when',
      cites: 'runbook 001, section 4, F, action 1',
      answeredBy: { looks: ['alerts', 'mint outcomes'] },
    },
    {
      name: 'reasons',
      action: 'compare the classes of rejects: unknown_kid, claim_mismatch, token_expired, missing_token',
      cites: 'runbook 001, section 4, F, action 2',
      answeredBy: { looks: ['auth rejects', 'reject reasons'] },
    },
    {
      name: 'configuration',
      action: 'confirm that the control plane mints tokens as the runtime verifies them: issuer, audience, keys',
      cites: 'runbook 001, section 4, F, action 3',
      answeredBy: {
        person:
          'the settings of the control plane and its keys are not read by a look; ' +
          '`auth rejects` and `token mints` say which side to begin with',
      },
    },
    {
      name: 'playbook',
      action: 'follow incident A of the runbook for sockets, tokens and cursors',
      cites: 'runbook 001, section 4, F, action 4',
      answeredBy: { person: 'it is followed by hand, up to a rotation of keys: docs/runbooks/auth-failures.md' },
    },
  ],
  mitigations: [{ action: 'rollback' }],
} as const satisfies Category;
