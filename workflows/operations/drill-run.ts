import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DrillEntry } from '../../contract/catalog/drill.ts';
import { hasInstances } from '../../contract/catalog/targets/index.ts';
import { drillParts, type DrillPart, type DrillResult } from '../../contract/drill.ts';
import { drillInput, type DrillInput } from '../../contract/inputs.ts';
import { decidePayload, messageNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { Approvals } from '../approvals/approvals.ts';
import { listenToApprovers } from '../approvals/listen.ts';
import { verifyRequest } from '../approvals/request.ts';
import { Interruption } from '../lease/interruption.ts';
import { Lease } from '../lease/lease.ts';
import { listenToEnvironment } from '../lease/listen.ts';
import { lookups } from '../run/activities.ts';
import { describeChange } from '../run/details.ts';
import { ending } from '../run/failures.ts';
import { newChangeStatus, RunRecord } from '../run/record.ts';
import { Run } from '../run/run.ts';

/** A drill whose input and catalog entry are known. */
export interface Drill {
  readonly run: Run<ChangeStatus>;
  readonly entry: CatalogEntry;
  readonly policy: DrillEntry;
  readonly parts: DrillPart[];
  readonly request: { by: string; reason: string };
  readonly approvals: Approvals;
  readonly lease: Lease;
  readonly interruption: Interruption;
}

/** Runs a drill: handlers first, then the input and the catalog entry, then its story. */
export async function runDrill(raw: unknown, story: (drill: Drill) => Promise<DrillResult>): Promise<DrillResult> {
  const run = new Run(new RunRecord(newChangeStatus('drill'), describeChange));
  let opened: Drill | null = null;
  listenToApprovers(run, () => opened?.approvals ?? null);
  run.on(
    {
      name: messageNames.decide,
      schema: decidePayload,
      description: 'Decide what is parked: {"by": "you@example.com", "action": "retry|abort"}',
    },
    (payload) => run.parking.decide(payload),
  );
  listenToEnvironment(run, () => opened?.lease ?? null);
  return run.conclude(
    async () => {
      opened = await openDrill(run, raw);
      return story(opened);
    },
    { cancelled: () => 'cancelled; the environment is free, and the platform replaces what was ended' },
  );
}

async function openDrill(run: Run<ChangeStatus>, raw: unknown): Promise<Drill> {
  const input = run.parse(drillInput, raw, ({ service, environment, requestedBy, reason = '' }) => ({
    service,
    environment,
    requestedBy,
    reason,
  }));
  const { service, environment, requestedBy, reason = '' } = input;
  const found = await lookups.resolve({ service, environment, starts: { kind: 'drill', requestedBy } });
  const { entry, searchAttributes, address, namespace } = found;
  const { owners, settings } = entry;
  run.identify({ owners, operators: settings.operators, endpoint: { address, namespace }, searchAttributes });
  const policy = requirePolicy(entry);
  await verifyRequest(run, [entry], raw, requestedBy);
  const interruption = new Interruption(() => true);
  return {
    run,
    entry,
    policy,
    parts: partsOf(input),
    request: { by: requestedBy, reason },
    approvals: new Approvals({ id: run.id, kind: 'drill', entry, requestedBy }),
    lease: new Lease(run, 'drill', entry, interruption),
    interruption,
  };
}

/** Requires that the catalog allows a drill here: it says so nowhere by itself, and so not in production. */
function requirePolicy({ service, environment, settings }: CatalogEntry): DrillEntry {
  if (!hasInstances(settings.target))
    throw ending(
      'InvalidInput',
      `environment: no drill is possible on ${settings.target.kind}, where ${service} runs in ${environment}`,
    );
  if (!settings.drill)
    throw ending(
      'InvalidInput',
      `environment: the catalog allows no drill of ${service} in ${environment}: its entry has no field drill`,
    );
  return settings.drill;
}

/** Lists the parts in the order of a drill, each once. */
function partsOf({ kind = 'all' }: DrillInput): DrillPart[] {
  if (kind === 'all') return [...drillParts];
  const wanted: readonly DrillPart[] = typeof kind === 'string' ? [kind] : kind;
  return drillParts.filter((part) => wanted.includes(part));
}
