import { defineQuery, setHandler } from '@temporalio/workflow';
import {
  bellNames,
  environmentBell,
  leaseQuery,
  type EnvironmentLease,
  type HolderLease,
} from '../../contract/bells.ts';
import { heedsFreezes, type Freeze, type HolderKind } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { reading } from '../run/activities.ts';
import { onBell } from '../run/bells.ts';
import { isExpected } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import type { RunRecord } from '../run/record.ts';

/** A run that wants or holds an environment, as the bells of that environment see it. */
export interface BellHearer {
  id: string;
  kind: HolderKind;
  record: RunRecord;
  asked: { service: string; environment: string };
  lease: HolderLease;
  /** While it waits in the queue: the freeze that it shows, and how it is made to ask again. */
  queued: { freeze: Freeze | null; askAgain: () => void } | null;
  /** The freeze that it was told of. */
  frozenBy(): Freeze | null;
  preempt(rollback: NonNullable<EnvironmentLease['rollback']>): void;
  freeze(number: number, freeze: Freeze | null): void;
}

/** Registers what an environment rings, and the query by which it asks back. */
export function listenToEnvironment(run: BellHearer): void {
  setHandler(defineQuery<HolderLease>(leaseQuery), () => run.lease, {
    description: 'Asked by environments; not for people',
  });
  // One question after the other: a late answer must not undo what a newer one said.
  let last: Promise<unknown> = Promise.resolve();
  const on = (name: (typeof bellNames)['granted' | 'preempt' | 'frozen'], heed: (lease: EnvironmentLease) => boolean) =>
    onBell(run.record, name, environmentBell, async ({ environment }) => {
      const { service, environment: own } = run.asked;
      if (own === '' || environment !== environmentWorkflowId(service, own))
        throw refusal('the environment that it names is not the one of this run');
      const answer = last.then(() => ask(run));
      last = answer.catch(() => undefined);
      const lease = await answer;
      if (!lease || !heed(lease)) throw refusal('the environment says otherwise');
    });
  on(bellNames.granted, (lease) => hearGranted(run, lease));
  on(bellNames.preempt, (lease) => hearPreempt(run, lease));
  on(bellNames.frozen, (lease) => hearFrozen(run, lease));
}

/** Asks until the environment answers or the run is over: what it has to say must not get lost. */
async function ask({ asked, record }: BellHearer): Promise<EnvironmentLease | null> {
  const { service, environment } = asked;
  while (record.status.outcome === null) {
    try {
      return await reading('ask the environment that rings').askEnvironment({ service, environment });
    } catch (error) {
      if (!isExpected(error)) throw error;
      record.note('the environment rings, but does not answer');
    }
  }
  return null;
}

/** Its turn has come, or a freeze that it waits for has begun or ended. */
function hearGranted({ id, kind, queued }: BellHearer, { holder, freeze }: EnvironmentLease): boolean {
  if (!queued) return false;
  const isNews = holder?.change === id || (kind !== 'rollback' && !isSame(queued.freeze, freeze));
  if (isNews) queued.askAgain();
  return isNews;
}

function hearPreempt(run: BellHearer, { holder, rollback }: EnvironmentLease): boolean {
  if (holder?.change !== run.id || !rollback) return false;
  run.preempt(rollback);
  return true;
}

function hearFrozen(run: BellHearer, { holder, freeze }: EnvironmentLease): boolean {
  if (holder?.change !== run.id || !heedsFreezes(run.kind)) return false;
  const before = run.frozenBy();
  if (freeze === null && before === null) return false;
  if (!isSame(before, freeze)) run.freeze(holder.number, freeze);
  return true;
}

function isSame(one: Freeze | null, other: Freeze | null): boolean {
  return one?.since === other?.since && one?.by === other?.by && one?.until === other?.until;
}
