import { withActivityRedaction } from './activity-redaction.ts';
import type { KnownSecrets } from './known-secrets.ts';

/**
 * Makes activities that repeat no secret: not in their answers, heartbeats and failures (invariant I9, ADR 0048). What
 * they are told stays as people wrote it.
 */
export function withRedaction<All extends object>(activities: All, known: KnownSecrets): All {
  const guarded = Object.entries(activities).map(([name, activity]) => {
    const run = activity as (...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => runRedacted(run, args, known)] as const;
  });
  return Object.fromEntries(guarded) as All;
}

async function runRedacted(
  run: (...args: unknown[]) => Promise<unknown>,
  args: unknown[],
  known: KnownSecrets,
): Promise<unknown> {
  const redaction = await known.of(args);
  try {
    return redaction.answer(await withActivityRedaction(redaction, () => run(...args)));
  } catch (error) {
    throw redaction.error(error);
  }
}
