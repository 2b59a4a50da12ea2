import type { SeedLines } from './seed.ts';

const always = { from: -480, until: 3 } as const;

/** What a service that is well writes: some calls always fail, and lines of success have the words of categories. */
export const usualLines: SeedLines[] = [
  {
    ...{ ...always, perMinute: 0.3, severity: 'WARNING' },
    message: 'tool call failed: web_search at search-api: upstream_timeout',
    fields: { event: 'tool.call', tool: 'web_search', provider: 'search-api', error_class: 'upstream_timeout' },
  },
  {
    ...{ ...always, perMinute: 0.2, severity: 'WARNING' },
    message: 'stream session ended without run.finished: tail_timeout',
    fields: { event: 'stream.session', outcome: 'tail_timeout' },
  },
  {
    ...{ ...always, perMinute: 0.1, severity: 'WARNING' },
    message: 'sync socket auth rejected: token_expired',
    fields: { event: 'sync.socket.auth', outcome: 'rejected', reason: 'token_expired' },
  },
  {
    ...{ from: -20, until: 3, perMinute: 6, severity: 'INFO' },
    message: 'lease renewed for run #',
    fields: { event: 'lease.acquire', outcome: 'renewed' },
  },
  {
    ...{ from: -20, until: 3, perMinute: 6, severity: 'INFO' },
    message: 'policy allowed run #, budget left # of 100',
    fields: { event: 'policy.decision', decision: 'allowed' },
  },
];
