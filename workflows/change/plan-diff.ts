import { shortDigest } from '../../contract/artifact.ts';
import type { Plan } from '../../contract/plan.ts';

/**
 * What of the live state is different from what a plan was made for, for a person; empty when something else made the
 * plan another one.
 */
export function describeDrift(before: Plan['live'], after: Plan['live']): string {
  const parts: [what: string, of: (live: Plan['live']) => string][] = [
    [
      'serving',
      ({ serving }) =>
        serving.map(({ revision, percent, digest }) => `${revision} ${percent} % (${shortDigest(digest)})`).join(', '),
    ],
    [
      'traffic',
      ({ traffic }) =>
        traffic
          .map(({ revision, percent, tag }) => `${revision ?? 'latest'} ${percent} %${tag ? ` tag ${tag}` : ''}`)
          .join(', '),
    ],
    ['template', ({ template }) => (template ? `${template.revision} (${shortDigest(template.digest)})` : '')],
    [
      'migration job',
      ({ job }) => (job ? `${shortDigest(job.digest)} ${[...job.command, ...job.args].join(' ')}` : ''),
    ],
  ];
  return parts
    .map(([what, of]) => ({ what, was: of(before) || 'nothing', is: of(after) || 'nothing' }))
    .filter(({ was, is }) => was !== is)
    .map(({ what, was, is }) => `${what} was ${was}, is ${is}`)
    .join('; ');
}
