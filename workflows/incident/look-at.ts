import { lookName, type Evidence, type Look } from '../../contract/incident/look.ts';
import { investigating } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import type { Incident } from './incident-run.ts';

/** Says how far back a look goes, and what the Temporal UI shows beside its activity. */
interface How {
  seconds: number;
  /** Where the time ends that is looked at; now where nothing is said. */
  until?: string;
  summary: string;
}

/** Looks at one source now. One that nobody could look at is evidence, too, and inconclusive (invariant I10). */
export async function lookAt(
  { entry, run }: Pick<Incident, 'entry' | 'run'>,
  look: Look,
  { seconds, until = now(), summary }: How,
): Promise<Evidence> {
  const since = new Date(Date.parse(until) - seconds * 1000).toISOString();
  try {
    return await investigating(summary).investigate({ entry, look, incident: run.id, since, until });
  } catch (error) {
    if (!isExpected(error)) throw error;
    return unanswered(lookName(look), messageOf(error));
  }
}

function unanswered(name: string, why: string): Evidence {
  return {
    name,
    verdict: 'inconclusive',
    reason: `nobody could look: ${why}`,
    source: '',
    query: '',
    window: null,
    count: null,
    lines: [],
    link: null,
    at: now(),
  };
}
