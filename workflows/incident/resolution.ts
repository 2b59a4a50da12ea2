import { condition } from '@temporalio/workflow';
import type { Evidence, Look } from '../../contract/incident/look.ts';
import type { ResolvePayload } from '../../contract/messages.ts';
import { investigating } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import type { Incident } from './incident-run.ts';

/** The symptom is looked at so often while it has to stay away. */
const looksInQuietTime = 6;
const minPauseMs = 2_000;
/** An incident is closed by these, and never by a message. */
const symptoms: readonly Look[] = [{ kind: 'alerts' }, { kind: 'routes' }];

/**
 * Looks whether the symptom is gone and stays away for as long as the catalog says: no alert fires, and every key route
 * answers. Answers why it is not over; null if it is. Something new to do ends the wait.
 */
export async function verifyGone(incident: Incident, { by, falseAlarm }: ResolvePayload): Promise<string | null> {
  const { inbox, rules, run } = incident;
  const { record } = run;
  if (falseAlarm) {
    record.note(`a false alarm by the word of ${by}: nobody has looked at the symptom`);
    return null;
  }
  record.enter('verifying');
  record.steps.begin('verify');
  const quietMs = rules.quietMinutes * 60_000;
  const end = Date.now() + quietMs;
  for (;;) {
    const present = await presentSymptoms(incident);
    if (present.length > 0) return failed(present.join('; '));
    const left = end - Date.now();
    if (left <= 0) break;
    const pause = Math.max(minPauseMs, Math.min(left, quietMs / looksInQuietTime));
    if (await condition(() => !inbox.isEmpty, pause, { summary: 'the symptom has to stay away' }))
      return failed('something else came up meanwhile: resolve again afterwards');
  }
  record.steps.end('verify', 'passed', { detail: `nothing was seen of it for ${rules.quietMinutes} minutes` });
  return null;

  function failed(why: string): string {
    record.steps.end('verify', 'failed', { error: why });
    return why;
  }
}

/** Lists what is still there of the symptom; a source that does not answer shows nothing (invariant I10). */
async function presentSymptoms({ entry, run }: Incident): Promise<string[]> {
  const until = now();
  const since = new Date(Date.parse(until) - 60_000).toISOString();
  const found = await Promise.all(
    symptoms.map(async (look): Promise<Pick<Evidence, 'name' | 'verdict' | 'reason'>> => {
      try {
        const summary = `is it over: ${look.kind}`;
        return await investigating(summary).investigate({ entry, look, incident: run.id, since, until });
      } catch (error) {
        if (!isExpected(error)) throw error;
        return { name: look.kind, verdict: 'inconclusive', reason: messageOf(error) };
      }
    }),
  );
  return found.filter(({ verdict }) => verdict !== 'pass').map(({ name, reason }) => `${name}: ${reason}`);
}
