import type { Category } from '../category.ts';
import { increaseOf } from '../own-series.ts';

/** Clients that lose their socket, or come back too late for their cursor (runbook 001, section 4, G). */
export const reconnectStorm = {
  letter: 'G',
  title: 'reconnect timeout storm or stale cursor spike',
  alerts: ['OpenAgentsRuntimeSyncSocketTimeoutRateHigh', 'OpenAgentsRuntimeSyncStaleCursorSpike'],
  words: ['heartbeat', 'cursor', 'reconnect', 'reconnects', 'sync socket timeout', 'stale_cursor', 'sync.resume'],
  runbook: 'docs/runbooks/reconnect-storm.md',
  looks: [
    { kind: 'logs', name: 'sockets', word: 'socket', by: ['event', 'outcome'] },
    {
      kind: 'metric',
      name: 'socket timeouts',
      query: increaseOf('openagents_runtime_sync_socket_timeouts_total', []),
    },
    {
      kind: 'metric',
      name: 'reconnects',
      query: increaseOf('openagents_runtime_sync_socket_reconnects_total', []),
    },
    { kind: 'logs', name: 'stale cursors', word: 'stale_cursor', by: ['run_id'] },
    {
      kind: 'metric',
      name: 'stale cursor ratio',
      query:
        `${increaseOf('openagents_runtime_sync_stale_cursors_total', [])} / ` +
        increaseOf('openagents_runtime_sync_resumes_total', []),
    },
  ],
  checklist: [
    {
      name: 'alerts',
      action: 'see which of the two alerts fire, and since when',
      cites: 'runbook 001, section 4, G, action 1',
      answeredBy: { looks: ['alerts'] },
    },
    {
      name: 'heartbeats',
      action: 'see whether sockets time out or reconnect, and how many cursors are below what is retained',
      cites: 'runbook 001, section 4, G, action 2',
      answeredBy: { looks: ['sockets', 'socket timeouts', 'reconnects', 'stale cursor ratio'] },
    },
    {
      name: 'snapshots',
      action: 'see whether the same client comes with a stale cursor again, so that it has taken no snapshot anew',
      cites: 'runbook 001, section 4, G, action 3',
      answeredBy: { looks: ['stale cursors'] },
    },
    {
      name: 'playbooks',
      action: 'follow incidents B and C of the runbook for sockets, tokens and cursors',
      cites: 'runbook 001, section 4, G, action 4',
      answeredBy: {
        person:
          "they are followed by hand, up to the clients' settings: " +
          'docs/runbooks/reconnect-timeouts.md, docs/runbooks/stale-cursor.md',
      },
    },
  ],
  mitigations: [{ action: 'rollback' }, { action: 'restart', looks: ['health'] }],
} as const satisfies Category;
