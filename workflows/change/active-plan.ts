import type { PlanResult } from '../../activities/planning.ts';
import { shortDigest, type Artifact } from '../../contract/artifact.ts';
import type { LiveState, Snapshot } from '../../contract/live.ts';
import { shortHash, type Plan, type PlannedMigration } from '../../contract/plan.ts';

/** Names what a plan is made of: the artifact (null: what serves now) and the steps that it lists. */
export interface PlanSource {
  artifact: Artifact | null;
  steps: string[];
  /** What a rotation asks for: numbers of versions, by the variable that carries the secret. */
  rotation?: Readonly<Record<string, string>>;
}

/** Keeps the plan that counts now, and its snapshot. Both are replaced whole, never edited. */
export class ActivePlan {
  private current: PlanResult;
  private whyReplaced = '';
  private isRestoreWaived = false;
  private readonly forcedLines = new Set<string>();
  private readonly aliases: Record<string, string> = {};

  constructor(first: PlanResult) {
    this.current = first;
  }

  get content(): Plan {
    return this.current.plan;
  }

  get hash(): string {
    return this.content.hash;
  }

  get artifact(): Artifact {
    return this.content.artifact;
  }

  /** Answers the migrations that the plan runs; null when nobody can say. */
  get migrations(): readonly PlannedMigration[] | null {
    return this.content.migrations;
  }

  /** Answers why nobody can say which migrations the plan runs; a plan of an earlier version only knew one reason. */
  get migrationsUnknown(): string {
    return this.content.migrationsUnknown ?? 'a commit is not known';
  }

  get snapshot(): Snapshot {
    return this.current.snapshot;
  }

  /** Says what had changed of the live state when the last plan became void; empty while none did. */
  get replacedBecause(): string {
    return this.whyReplaced;
  }

  /** Tells whether an operator goes on although a restore would not succeed (invariant I5). */
  get restoreWaived(): boolean {
    return this.isRestoreWaived;
  }

  /** Lists what somebody else has changed, this plan would overwrite, and nobody has decided about yet. */
  get contested(): string[] {
    return (this.current.contested ?? []).filter((line) => !this.forcedLines.has(line));
  }

  /** Lists what a person has decided to overwrite. */
  get forced(): string[] {
    return [...this.forcedLines];
  }

  /** Maps each revision created by our restore to the original it replaces: for people nothing has changed by it. */
  get revisionAliases(): Readonly<Record<string, string>> {
    return this.aliases;
  }

  /** Tells whether what was computed anew is another plan: what was approved is not what would happen. */
  isReplacedBy({ plan }: PlanResult): boolean {
    return plan.hash !== this.hash;
  }

  /** Takes over a plan that was computed anew. Answers why the former is void, or null when it is the same plan. */
  replace(next: PlanResult): string | null {
    const before = this.content;
    const isReplaced = this.isReplacedBy(next);
    this.current = next;
    if (!isReplaced) return null;
    this.whyReplaced = describePlanDiff(before.live, next.plan.live);
    const what = `the live state has changed since plan ${shortHash(before.hash)} was made: its approvals are void`;
    return this.whyReplaced ? `${what}; ${this.whyReplaced}` : what;
  }

  /** Records that a person has decided to overwrite these changes of somebody else, and no others. */
  force(lines: readonly string[]): void {
    for (const line of lines) this.forcedLines.add(line);
  }

  waiveRestore(): void {
    this.isRestoreWaived = true;
  }

  /** Maps a revision created by our restore to the original it replaces, so that a later plan is the same plan. */
  aliasRestoredRevision({ template }: LiveState): void {
    const before = this.snapshot.live.template;
    if (!template || !before || template.revision === before.revision || template.digest !== before.digest) return;
    this.aliases[template.revision] = this.aliases[before.revision] ?? before.revision;
  }
}

function describeJob({ digest, command, args, settings }: NonNullable<Plan['live']['job']>): string {
  return `${[shortDigest(digest), ...command, ...args].join(' ')} ${describeSettings(settings)}`.trimEnd();
}

function describeSettings(digest: string | undefined): string {
  return digest === undefined ? '' : `(settings ${digest.slice(0, 8)})`;
}

/**
 * Describes what of the live state differs from what a plan was made for. Empty when something else made the plan
 * another one.
 */
function describePlanDiff(before: Plan['live'], after: Plan['live']): string {
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
    ['migration job', ({ job }) => (job ? describeJob(job) : '')],
    ['smoke job', ({ jobs }) => describeSettings(jobs?.smoke)],
    ['job of evidence', ({ jobs }) => describeSettings(jobs?.evidence)],
  ];
  return parts
    .map(([what, of]) => ({ what, was: of(before) || 'nothing', is: of(after) || 'nothing' }))
    .filter(({ was, is }) => was !== is)
    .map(({ what, was, is }) => `${what} was ${was}, is ${is}`)
    .join('; ');
}
