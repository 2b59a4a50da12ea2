import { condition, sleep } from '@temporalio/workflow';
import type { Look } from '../../contract/incident/look.ts';
import type { ResolvePayload } from '../../contract/messages.ts';
import { countOf } from '../../contract/plan.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { now } from '../run/journal.ts';
import type { Incident } from './incident-run.ts';
import { lookAt } from './look-at.ts';
import { QuietTime } from './quiet-time.ts';

/** Why it is not over if something to do came up while the symptom was looked at. */
export const interrupted = 'something else came up meanwhile: say afterwards again that it is over';
/** An incident is closed by these, and never by a message. */
const symptoms: readonly Look[] = [{ kind: 'alerts' }, { kind: 'routes' }];

/**
 * Looks whether the symptom is gone, and waits until it has stayed away for as long as the catalog says: no alert
 * fires, and every key route answers. Answers why it did not come to that, or null. Something new to do ends the wait.
 */
export async function verifyGone(incident: Incident, { by, falseAlarm }: ResolvePayload): Promise<string | null> {
  const { record } = incident.run;
  if (falseAlarm) {
    record.note(`a false alarm by the word of ${by}: nobody has looked at the symptom`);
    // The answer to the message goes out first: a run that ends in the same task may take it along.
    await sleep('1 second');
    return null;
  }
  return untilQuiet(incident);
}

async function untilQuiet(incident: Incident): Promise<string | null> {
  const { inbox, rules, run } = incident;
  const { record } = run;
  const quiet = new QuietTime(rules.quietMinutes * 60_000);
  const since = now();
  let shown = '';
  record.steps.begin('verify');
  for (;;) {
    const { present, at } = await lookAtSymptoms(incident);
    const again = quiet.see(present !== '', at);
    if (again === 'back') record.note(`it is back: ${present}`);
    if (again === 'unwatched') record.note('nobody has looked for a while: the quiet time begins again');
    if (present !== shown || record.status.phase !== 'verifying') {
      shown = present;
      record.enter('verifying', waitForQuiet(incident, since, present));
    }
    // An alert may have joined while it was looked at.
    if (quiet.leftMs <= 0 && inbox.isEmpty) break;
    if (await condition(() => !inbox.isEmpty, quiet.pauseMs, { summary: 'the symptom has to stay away' })) {
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

/**
 * Says what is still there of the symptom, and when that was seen; a source that does not answer shows nothing
 * (invariant I10). The time is that of the evidence: it stands in the history, so every replay decides the same.
 */
async function lookAtSymptoms(incident: Incident): Promise<{ present: string; at: number }> {
  const found = await Promise.all(
    symptoms.map((look) => lookAt(incident, look, { seconds: 60, summary: `is it over: ${look.kind}` })),
  );
  const present = found.filter(({ verdict }) => verdict !== 'pass').map(({ name, reason }) => `${name}: ${reason}`);
  return { present: present.join('; '), at: Math.max(...found.map(({ at }) => Date.parse(at))) };
}
