import type { JobRun } from '../../contract/live.ts';
import type { PlannedMigration } from '../../contract/plan.ts';

/** Keeps what a change did to the database schema, which no restore takes back (invariant I8). */
export class SchemaState {
  private isWayBackClosed = false;
  private names: string[] = [];
  private completion: { plan: string; execution: string; fallback: boolean } | null = null;
  private unknownOutcome: string | null = null;
  private failedRun: JobRun | null = null;
  private wasRepaired = false;

  /** Tells whether an incompatible migration may have run: then the old code may not come back by itself. */
  get wayBackClosed(): boolean {
    return this.isWayBackClosed;
  }

  /** Answers the names of the migrations that have run, in order. */
  get applied(): readonly string[] {
    return this.names;
  }

  /** Answers what nobody can say of the migration, for the rollback that takes over; null where all is known. */
  get unknown(): string | null {
    return this.unknownOutcome;
  }

  /** Answers the run that made the migration fail; null if none did. */
  get failed(): JobRun | null {
    return this.failedRun;
  }

  /** Records the run with which the migration has failed for good. */
  fail(run: JobRun): void {
    this.failedRun = run;
  }

  /** Records that migrations may begin now. Unknown ones (null) count as incompatible. */
  mayRun(migrations: readonly PlannedMigration[] | null): void {
    if (migrations === null || migrations.some(({ compatibility }) => compatibility === 'incompatible'))
      this.isWayBackClosed = true;
  }

  /** Records that the migrations of a plan have run, so that a further pass does not repeat them (invariant I1). */
  complete(
    { hash, migrations }: { hash: string; migrations: readonly PlannedMigration[] | null },
    execution: string,
    { fallback }: { fallback: boolean },
  ): void {
    this.completion = { plan: hash, execution, fallback };
    this.names = migrations?.map(({ name }) => name) ?? [];
  }

  /** Answers the execution that has run the migrations of this plan already, or null. */
  completedFor(plan: string): string | null {
    return this.completion?.plan === plan ? this.completion.execution : null;
  }

  /** Tells whether it was the older command that has run the migrations. */
  get ranFallback(): boolean {
    return this.completion?.fallback ?? false;
  }

  /** Records that a migration's outcome is handed over as unknown. */
  handOverAsUnknown(what: string): void {
    this.isWayBackClosed = true;
    this.unknownOutcome = what;
  }

  /** Records that the schema was brought back by hand: the new code has no schema to come back to. */
  repaired(): void {
    this.isWayBackClosed = true;
    this.wasRepaired = true;
  }

  /** Tells whether people brought the schema back by hand. */
  get isRepaired(): boolean {
    return this.wasRepaired;
  }
}
