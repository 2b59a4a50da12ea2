import { condition, sleep } from '@temporalio/workflow';
import type { Look } from '../../contract/incident/look.ts';
import type { ResolvePayload } from '../../contract/messages.ts';
import { countOf } from '../../contract/plan.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { now } from '../run/journal.ts';
import type { Incident } from './incident-run.ts';
import { lookAt } from './look-at.ts';

/** The symptom is looked at so often while it has to stay away. */
const looksInQuietTime = 6;
const minPauseMs = 2_000;
/** An incident is closed by these, and never by a message. */
const symptoms: readonly Look[] = [{ kind: 'alerts' }, { kind: 'routes' }];

/** Says why it is not over although somebody has said so. */
export const interrupted = 'something else came up meanwhile: say afterwards again that it is over';

/**
 * Looks whether the symptom is gone, and waits until it has stayed away for as long as the catalog says: no alert
 * fires, and every key route answers. Answers why it did not come to that, or null. Something new to do ends the wait.
 */
export async function verifyGone(incident: Incident, { by, falseAlarm }: ResolvePayload): Promise<string | null> {
  const { inbox, rules, run } = incident;
  const { record } = run;
  if (falseAlarm) {
    record.note(`a false alarm by the word of ${by}: nobody has looked at the symptom`);
    // The answer to the message goes out first: a run that ends in the same task may take it along.
    await sleep('1 second');
    return null;
  }
  const quietMs = rules.quietMinutes * 60_000;
  const since = now();
  let quietSince: number | null = null;
  let shown = '';
  record.steps.begin('verify');
  for (;;) {
    const present = (await presentSymptoms(incident)).join('; ');
    if (present !== '' && quietSince !== null) record.note(`it is back: ${present}`);
    quietSince = present === '' ? (quietSince ?? Date.now()) : null;
    if (present !== shown || record.status.phase !== 'verifying') {
      shown = present;
      record.enter('verifying', waitForQuiet(incident, since, present));
    }
    const left = quietSince === null ? quietMs : quietSince + quietMs - Date.now();
    if (left <= 0) break;
    const pause = Math.max(minPauseMs, Math.min(left, quietMs / looksInQuietTime));
    if (await condition(() => !inbox.isEmpty, pause, { summary: 'the symptom has to stay away' })) {
      record.steps.end('verify', 'failed', { error: interrupted });
      return interrupted;
    }
  }
  record.steps.end('verify', 'passed', { detail: `nothing was seen of it for ${minutesText(rules.quietMinutes)}` });
  return null;
}

function waitForQuiet({ rules, run }: Incident, since: string, present: string): WaitingFor {
  const { acknowledged } = run.record.status;
  const stays = `the symptom to stay away for ${minutesText(rules.quietMinutes)}`;
  return {
    kind: 'platform',
    what: present === '' ? stays : `${stays}; it is still there: ${present}`,
    since,
    until: null,
    who: acknowledged ? [acknowledged.by] : [],
    commands: [],
  };
}

function minutesText(minutes: number): string {
  return minutes < 1 ? countOf(Math.round(minutes * 60), 'second') : countOf(minutes, 'minute');
}

/** Lists what is still there of the symptom; a source that does not answer shows nothing (invariant I10). */
async function presentSymptoms(incident: Incident): Promise<string[]> {
  const found = await Promise.all(
    symptoms.map((look) => lookAt(incident, look, { seconds: 60, summary: `is it over: ${look.kind}` })),
  );
  return found.filter(({ verdict }) => verdict !== 'pass').map(({ name, reason }) => `${name}: ${reason}`);
}
