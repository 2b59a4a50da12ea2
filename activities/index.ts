import { log } from '@temporalio/activity';
import { createApprovalActivities } from './people/approvals.ts';
import { createArtifactActivities } from './artifacts.ts';
import { createBakeActivities } from './bake.ts';
import { createBaselineActivities } from './baseline/index.ts';
import { createBellActivities } from './bells.ts';
import { createKnownGoodActivities } from './known-good/known-good.ts';
import { createChecklistActivities } from './checklist/index.ts';
import { createDiagnosisActivities } from './diagnosis.ts';
import { createDriftActivities } from './drift.ts';
import { createDrillActivities } from './drill/index.ts';
import { createEnvironmentActivities } from './environments.ts';
import { createEvidenceActivities } from './evidence/index.ts';
import { createForwardingActivities } from './forwarding.ts';
import { createGateActivities } from './gates/activities.ts';
import { createFreezeActivities } from './freeze-windows.ts';
import { createIncidentActivities } from './incident/index.ts';
import { createSuspectActivities } from './incident/suspects.ts';
import { createMigrationLogActivities } from './migration-log.ts';
import { createNotifyActivities } from './notify.ts';
import { createPendingWorkActivities } from './pending-work.ts';
import { createPlanningActivities } from './planning.ts';
import { withFinalOwnErrors } from './own-errors.ts';
import type { Ports } from './ports/index.ts';
import { createPostDeployGateActivities } from './post-deploy-gate.ts';
import { createMessageActivities } from './people/messages.ts';
import { createRequestActivities } from './people/requests.ts';
import { createResolutionActivities } from './people/resolution.ts';
import { withRedaction } from './redaction/index.ts';
import { KnownSecrets } from './redaction/known-secrets.ts';
import { SecretMemory } from './redaction/secret-memory.ts';
import { createRotationActivities } from './rotation.ts';
import { createRollbackGoalActivities } from './known-good/rollback-goal.ts';
import { createTargetActivities } from './targets.ts';
import { createTrafficSwitchActivities } from './traffic-switch.ts';
import { createWriteSwitchActivities } from './write-switch.ts';

/** Makes all activities of the worker, closed over the ports that they use and the secrets that it remembers. */
export function createActivities(ports: Ports, memory = new SecretMemory()) {
  const known = new KnownSecrets(memory, ports, (text) => void log.warn(text));
  const activities = withFinalOwnErrors({
    ...createResolutionActivities(ports),
    ...createApprovalActivities(ports),
    ...createMessageActivities(ports),
    ...createRequestActivities(ports),
    ...createArtifactActivities(ports),
    ...createPlanningActivities(ports),
    ...createTargetActivities(ports),
    ...createRotationActivities(ports),
    ...createMigrationLogActivities(ports),
    ...createGateActivities(ports),
    ...createPostDeployGateActivities(ports),
    ...createEvidenceActivities(ports),
    ...createBakeActivities(ports),
    ...createDriftActivities(ports),
    ...createDrillActivities(ports),
    ...createEnvironmentActivities(ports),
    ...createBellActivities(ports),
    ...createPendingWorkActivities(ports),
    ...createFreezeActivities(ports),
    ...createKnownGoodActivities(ports),
    ...createRollbackGoalActivities(ports),
    ...createWriteSwitchActivities(ports),
    ...createTrafficSwitchActivities(ports),
    ...createForwardingActivities(ports),
    ...createChecklistActivities(ports),
    ...createIncidentActivities(ports),
    ...createSuspectActivities(ports),
    ...createNotifyActivities(ports),
    ...createBaselineActivities(ports),
    ...createDiagnosisActivities(ports),
  });
  return withRedaction(activities, known);
}

export type Activities = ReturnType<typeof createActivities>;
