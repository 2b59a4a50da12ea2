import type { Category } from '../category.ts';
import { increaseOf } from '../own-series.ts';

const steals = 'openagents_runtime_lease_steals_total';
const acquisitions = 'openagents_runtime_lease_acquisitions_total';

/** Leases of runs that are taken from their holders (runbook 001, section 4, B). */
export const leaseSteals = {
  letter: 'B',
  title: 'lease steals spike',
  alerts: ['OpenAgentsRuntimeLeaseStealsHigh'],
  words: ['lease', 'leases', 'lease.acquire', 'stolen', 'janitor'],
  runbook: 'docs/runbooks/lease-steals.md',
  looks: [
    { kind: 'logs', name: 'leases', word: 'lease', by: ['event', 'outcome'] },
    {
      kind: 'metric',
      name: 'steal ratio',
      query: `${increaseOf(steals, [])} / ${increaseOf(acquisitions, [])}`,
    },
    { kind: 'logs', name: 'janitor', word: 'janitor', by: ['event', 'outcome'] },
  ],
  checklist: [
    {
      name: 'restarts',
      action: 'see whether pods restart again and again',
      cites: 'runbook 001, section 4, B, action 1',
      answeredBy: { looks: ['health'] },
    },
    {
      name: 'stale leases',
      action: 'see whether the janitor runs, and how many leases are stolen because nobody renewed them',
      cites: 'runbook 001, section 4, B, action 2',
      answeredBy: { looks: ['janitor', 'leases', 'steal ratio'] },
    },
    {
      name: 'network',
      action: 'confirm that the nodes of the BEAM see each other, and that the network policy is as it should be',
      cites: 'runbook 001, section 4, B, action 3',
      answeredBy: {
        person:
          'nodes see each other from inside of the pods only: ask one for its nodes, ' +
          'and compare the NetworkPolicy with the overlay',
      },
    },
  ],
  mitigations: [{ action: 'rollback' }, { action: 'restart', looks: ['health', 'janitor', 'leases'] }],
} as const satisfies Category;
