import type { EnvironmentEntry, MigrationOrder } from '../../contract/catalog/catalog.ts';
import { migrationOrder } from '../../contract/migration-order.ts';
import { hasCandidate } from '../../contract/catalog/targets/index.ts';
import type { StepName } from '../../contract/step-names.ts';
import { needsSignOff } from './steps/sign-off.ts';

/** A step of a plan, or null where this environment has none. */
type PlannedStep = StepName | null;

/** Lists the steps of a deploy or a promotion after its artifact is there. */
export function deploySteps(settings: EnvironmentEntry): StepName[] {
  const migrates = (order: MigrationOrder) => (migrationOrder(settings) === order ? migrationSteps(settings) : []);
  const signsOff = needsSignOff(settings, 'smoke') ? 'sign-off-smoke' : null;
  const candidate = hasCandidate(settings.target);
  return planned([
    ...(['approval', 'queue', 'recheck', 'fence'] as const),
    ...migrates('beforeStage'),
    'stage',
    ...migrates('afterStage'),
    candidate ? 'smoke-candidate' : null,
    settings.evidence ? 'evidence' : null,
    candidate ? signsOff : null,
    'shift',
    ...migrates('afterShift'),
    'smoke-live',
    settings.postDeployGate && settings.migration ? 'gate-migration' : null,
    settings.postDeployGate ? 'gate-smoke' : null,
    candidate ? null : signsOff,
    'bake',
    settings.verification ? 'verify' : null,
    ...(['read-back', 'ledger'] as const),
  ]);
}

/** Lists the steps of a migration for what serves now. */
export function migrateSteps(settings: EnvironmentEntry): StepName[] {
  return planned([
    ...(['approval', 'queue', 'recheck', 'fence'] as const),
    ...migrationSteps(settings),
    'smoke-live',
    settings.postDeployGate ? 'gate-smoke' : null,
    ...(['read-back', 'ledger'] as const),
  ]);
}

/** Lists the steps of a restart. */
export function restartSteps(): StepName[] {
  return ['approval', 'queue', 'recheck', 'fence', 'restart', 'smoke-live', 'read-back', 'ledger'];
}

/** Lists the steps of a rotation of secrets. */
export function rotationSteps(settings: EnvironmentEntry): StepName[] {
  const signsOff = needsSignOff(settings, 'smoke') ? 'sign-off-smoke' : null;
  const candidate = hasCandidate(settings.target);
  return planned([
    ...(['approval', 'queue', 'recheck', 'fence', 'stage'] as const),
    ...(candidate ? (['smoke-candidate', signsOff] as const) : []),
    ...(['shift', 'smoke-live'] as const),
    settings.postDeployGate ? 'gate-smoke' : null,
    candidate ? null : signsOff,
    'bake',
    settings.verification ? 'verify' : null,
    ...(['read-back', 'retire-secrets', 'ledger'] as const),
  ]);
}

/** Lists the steps of a rollback; across a schema with what the data owner does, and the declared switch around it. */
export function rollbackSteps({ writeSwitch }: EnvironmentEntry, schemaVersion: string | undefined): StepName[] {
  const repairs = schemaVersion !== undefined;
  const switches = repairs && writeSwitch !== undefined;
  return planned([
    ...(['queue', 'recheck'] as const),
    switches ? 'freeze-writes' : null,
    repairs ? 'schema' : null,
    ...(['restore', 'smoke-live'] as const),
    ...(switches ? (['thaw-writes', 'verify-writes'] as const) : []),
    ...(['read-back', 'ledger'] as const),
  ]);
}

function migrationSteps(settings: EnvironmentEntry): PlannedStep[] {
  if (!settings.migration) return [];
  return ['sync-job', 'migrate', needsSignOff(settings, 'migration') ? 'sign-off-migration' : null];
}

function planned(steps: readonly PlannedStep[]): StepName[] {
  return steps.filter((step) => step !== null);
}
