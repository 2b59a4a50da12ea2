import type { TrafficState } from '../../contract/disabled-traffic.ts';
import { enableCommand } from '../../contract/disabled-traffic.ts';
import { switchTrafficInput, type SwitchTrafficInput } from '../../contract/inputs.ts';
import type { TrafficSwitchReport } from '../../contract/ledger.ts';
import type { LiveState } from '../../contract/live.ts';
import { awaiting, switching, writing } from '../run/activities.ts';
import { ending } from '../run/failures.ts';
import { step } from '../run/step.ts';
import { runOperation, type Operation } from './operation.ts';

export interface SwitchTrafficResult {
  outcome: string;
  change: string;
  service: string;
  environment: string;
  switch: string;
  state: TrafficState;
  /** True if it was so already. */
  already: boolean;
}

/** The switch of one path of traffic, whose input and catalog entry are known. */
interface TrafficSwitching extends Operation {
  readonly name: string;
  readonly to: TrafficState;
  /** What the ledger has to say of the path, as far as it has come. */
  state: TrafficSwitchReport['state'];
}

/**
 * Disables a risky path of traffic by the switch that the catalog declares, or enables it again (runbook 001, section
 * 4). It holds the environment, so that nothing is released meanwhile, and passes freezes as a rollback does. What is
 * disabled stays so, and is shown by the environment, until a person enables it.
 */
export async function switchTraffic(raw: unknown): Promise<SwitchTrafficResult> {
  const definition = {
    kind: 'switchTraffic',
    input: switchTrafficInput,
    open: openSwitching,
    cancelled: 'cancelled; the environment is free, and its ledger says whether the switch may have been thrown',
    reportOf: (opened: TrafficSwitching, why: string) =>
      reportOf(opened, opened.state === 'unchanged' ? `nothing was changed: ${why}` : why),
  } as const;
  return runOperation(definition, raw, carryOut);
}

/** Requires a declared switch of this name; else it says which there are. */
function openSwitching(operation: Operation, { switch: name, to }: SwitchTrafficInput): TrafficSwitching {
  const { service, environment, settings } = operation.entry;
  const names = Object.keys(settings.trafficSwitches ?? {});
  if (!names.includes(name))
    throw ending(
      'InvalidInput',
      `switch: ${service} declares no traffic switch ${name} for ${environment}; it has: ${names.join(', ') || 'none'}`,
    );
  return { ...operation, name, to, state: 'unchanged' };
}

async function carryOut(opened: TrafficSwitching): Promise<SwitchTrafficResult> {
  const { entry, lease, name, run, to } = opened;
  const { service, environment } = entry;
  const { url, serving } = await enterForSwitch(opened);
  const [{ digest = '', commit = '' } = {}] = serving;
  opened.state = 'unknown';
  const { already } = await step(
    run,
    'switch-traffic',
    (attempt) => {
      const subject = { entry, artifact: { image: '', digest, commit }, change: run.id, url };
      const request = { ...subject, attemptKey: `switch-traffic${attempt}`, switch: name, to };
      return switching(`requests of ${name}: ${to}`).switchTraffic(request);
    },
    { detail: (switched) => `requests of ${name} are ${to}${switched.already ? ' already' : ', read back'}` },
  );
  opened.state = to;
  const outcome = describeOutcome(opened);
  await lease.finish({ entry: reportOf(opened, outcome) });
  return { outcome, change: run.id, service, environment, switch: name, state: to, already };
}

/**
 * Enters the environment and stamps the fence: the switch itself knows none, and from here on no write of a former
 * holder comes in between.
 */
async function enterForSwitch({ entry, lease, request, run }: TrafficSwitching): Promise<LiveState> {
  const { service, environment } = entry;
  const observe = () => awaiting('what serves').observe({ entry });
  const { exists, serving } = await observe();
  if (!exists) throw ending('InvalidInput', `environment: nothing of ${service} runs in ${environment} yet`);
  const [{ digest = '', commit = '' } = {}] = serving;
  await lease.acquire({ requestedBy: request.by, reason: request.reason, commit, digest }, () => undefined);
  const live = await step(run, 'recheck', observe, { detail: ({ url }) => `it serves at ${url}` });
  await step(run, 'fence', (attempt) =>
    writing('stamp the fence').stamp({ entry, marker: lease.marker('fence', attempt), expected: live.key }),
  );
  return live;
}

function describeOutcome({ entry: { service, environment }, name, to }: TrafficSwitching): string {
  if (to === 'enabled') return `requests of ${name} are enabled`;
  return `requests of ${name} are disabled until a person enables them: ${enableCommand(service, environment, name)}`;
}

function reportOf({ name, request, state }: TrafficSwitching, outcome: string): TrafficSwitchReport {
  return { kind: 'switchTraffic', outcome, ...request, switch: name, state, serves: 'unchanged' };
}
