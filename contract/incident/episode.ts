import { z } from 'zod';

/**
 * Describes what an alert has told. An episode is one firing of one alert: the fingerprint alone comes again the next
 * time (Alertmanager, alerts API).
 */
export const episode = z.strictObject({
  /** Hash of the labels, as Alertmanager makes it. */
  fingerprint: z.string().regex(/^[0-9a-f]{1,32}$/, 'must be a fingerprint'),
  /** RFC 3339, as Alertmanager wrote it. */
  startsAt: z.iso.datetime({ offset: true, error: 'must be a time' }),
  /** The end that Alertmanager said; null while it fires. */
  endsAt: z.iso.datetime({ offset: true, error: 'must be a time' }).nullable(),
  status: z.enum(['firing', 'resolved'], 'must be firing or resolved'),
  /** The label `alertname`. */
  name: z.string().min(1).max(200),
  /** The label `severity`; empty if it has none. */
  severity: z.string().max(50),
  /** One line of its annotations. */
  summary: z.string().max(500),
  /** The page of the expression in Prometheus; empty if the sender gave none. */
  generatorUrl: z.string().max(2000),
});
export type Episode = z.infer<typeof episode>;

/** Names an episode: two messages about the same one change nothing. */
export function episodeKey({ fingerprint, startsAt }: Pick<Episode, 'fingerprint' | 'startsAt'>): string {
  return `${fingerprint}@${new Date(startsAt).toISOString()}`;
}

/** The most episodes in one message; the receiver cuts longer lists into several. */
export const maxEpisodes = 50;
export const episodes = z.array(episode).min(1, 'must have an alert').max(maxEpisodes, `at most ${maxEpisodes} alerts`);
