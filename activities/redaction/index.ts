import { aroundEach } from '../each-activity.ts';
import { withActivityRedaction } from './activity-redaction.ts';
import type { KnownSecrets } from './known-secrets.ts';

/**
 * Makes activities that repeat no secret: not in their answers, heartbeats and failures (invariant I9, ADR 0048). What
 * they are told stays as people wrote it.
 */
export function withRedaction<All extends object>(activities: All, known: KnownSecrets): All {
  return aroundEach(activities, async (run, args) => {
    const redaction = await known.of(args);
    try {
      return redaction.answer(await withActivityRedaction(redaction, run));
    } catch (error) {
      throw redaction.error(error);
    }
  });
}
