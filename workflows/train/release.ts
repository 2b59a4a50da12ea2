import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { ReleaseInput } from '../../contract/inputs.ts';
import type { ReleasePlan, Train } from '../../contract/release.ts';
import type { ChangeResult, ChangeStatus } from '../../contract/status.ts';
import type { Run } from '../run/run.ts';
import type { StopReports } from './stop-reports.ts';

/** A release whose input and train are known. It writes to nothing itself: each stop is a change of its own. */
export interface Release {
  readonly run: Run<ChangeStatus>;
  readonly input: ReleaseInput;
  readonly train: Train;
  readonly plan: ReleasePlan;
  /** The first stop's entry: its owners and operators decide what is parked here. */
  readonly entry: CatalogEntry;
  readonly reports: StopReports;
  /** Results of the stops that reached their aim, in order. */
  readonly results: ChangeResult[];
}
