import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { SwitchResult } from '../../activities/write-switch.ts';
import { readSecretCommand, type TargetEntry } from '../../contract/catalog/targets/index.ts';
import { schemaRoles } from '../../contract/people.ts';
import type { WriteState, WriteSwitch } from '../../contract/catalog/write-switch.ts';
import { writing } from '../run/activities.ts';
import type { Change } from '../change/change.ts';
import { shellWord } from '../run/commands.ts';
import { ending, isExpected, messageOf } from '../run/failures.ts';

/**
 * Users' writes must not meet a schema that is being repaired: refused by the service's declared switch, and read
 * back (runbook 004, rollback procedure, step 4).
 */
export async function freezeWrites(change: Change): Promise<void> {
  if (!change.entry.settings.writeSwitch) return;
  // From the moment that the switch may have been thrown.
  change.writes = 'frozen';
  const switched = await switchByStep(change, 'freeze-writes', 'frozen');
  if (!switched || switched.already) change.writes = 'foundFrozen';
}

export async function thawWrites(change: Change): Promise<void> {
  if (!change.entry.settings.writeSwitch) return;
  await switchByStep(change, 'thaw-writes', 'thawed');
  change.writes = 'open';
}

/**
 * The rollback does not go on. Writes that it froze itself are thawed as long as nothing was restored; later nobody
 * knows whether data and code agree, so they stay frozen, and that is said wherever the end is shown.
 */
export async function settleWrites(change: Change, error: unknown): Promise<void> {
  if (change.writes === 'open' || !isExpected(error)) return;
  if (change.writes === 'frozen' && !change.touched && (await thawnAgain(change))) return;
  change.warning = stillFrozen(change);
  change.record.note(change.warning);
}

/**
 * The step parks at whatever goes wrong: a service that is to be rolled back often does not answer. Null where people
 * did it by other means.
 */
async function switchByStep(change: Change, name: string, to: WriteState): Promise<SwitchResult | null> {
  const { record, parking, entry } = change;
  const verb = to === 'frozen' ? 'freeze' : 'thaw';
  for (;;) {
    record.begin(name);
    try {
      const switched = await send(change, name, to);
      record.end(name, 'passed', {
        detail: switched.already ? `writes were ${to} already` : `writes are ${to}, read back`,
      });
      return switched;
    } catch (error) {
      if (!isExpected(error) || isCancellation(error)) throw error;
      const why = `${messageOf(error)}; ${verb} writes by other means and say how with markDone, or retry the switch`;
      const { action, by, note } = await parking.park(name, why, ['retry', 'markDone', 'abort'], schemaRoles(entry));
      if (action === 'abort') throw ending('Aborted', `${name} was given up by ${by}: ${note}`);
      if (action === 'retry') continue;
      record.end(name, 'passed', { detail: `by hand, by ${by}: ${note}` });
      return null;
    }
  }
}

async function send(change: Change, name: string, to: WriteState): Promise<SwitchResult> {
  const { entry, artifact, id, record, snapshot } = change;
  const attemptKey = `${name}${record.attemptsOf(name)}`;
  return writing(`writes of ${entry.service}: ${to}`).switchWrites({
    entry,
    artifact,
    change: id,
    attemptKey,
    url: snapshot.live.url,
    to,
  });
}

async function thawnAgain(change: Change): Promise<boolean> {
  return CancellationScope.nonCancellable(async () => {
    change.record.begin('thaw-writes');
    try {
      await send(change, 'thaw-writes', 'thawed');
      change.record.end('thaw-writes', 'passed', { detail: 'nothing was restored, so writes are thawed again' });
      change.writes = 'open';
      return true;
    } catch (error) {
      if (!isExpected(error)) throw error;
      change.record.end('thaw-writes', 'failed', { error: messageOf(error) });
      return false;
    }
  });
}

function stillFrozen({ entry, snapshot, asked }: Change): string {
  const { service, environment, settings } = entry;
  const by = settings.writeSwitch ? thawCommand(settings.writeSwitch, snapshot.live.url, settings.target) : '';
  const again = `./slipway rollback ${service} --environment ${environment} --reason ${shellWord(asked.reason ?? '')} --schema-version VERSION`;
  return `WRITES OF ${service} IN ${environment} ARE FROZEN. Roll back again, which takes them as they are and thaws them at its end: ${again}. Or, when data and code agree, thaw them: ${by}`;
}

/** What a person pastes; a secret is named and not shown (invariant I9). */
function thawCommand({ thaw }: WriteSwitch, url: string, target: TargetEntry): string {
  const json: WriteSwitch['thaw']['headers'] = thaw.body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = Object.entries({ ...json, ...thaw.headers }).map(([name, value]) => {
    if (typeof value === 'string') return `-H ${shellWord(`${name}: ${value}`)}`;
    return `-H "${name}: $(${readSecretCommand(target, value.secret, value.version ?? 'latest')})"`;
  });
  const body = thaw.body === undefined ? [] : ['-d', shellWord(JSON.stringify(thaw.body))];
  return [
    'curl',
    '-fsS',
    '-X',
    thaw.method,
    ...headers,
    ...body,
    shellWord(`${url.replace(/\/$/, '')}${thaw.path}`),
  ].join(' ');
}
