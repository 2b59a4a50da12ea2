import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';

/**
 * Pure checks that take milliseconds: no task queue in between, one event in the history. All tries of one end within
 * 15 seconds. A local activity that outlasts two heartbeats of its workflow task (16 seconds), while a condition waits
 * with a time limit, leaves a history that does not replay: its run would be stuck for good.
 */
export const lookups = proxyLocalActivities<
  Pick<
    Activities,
    'resolve' | 'resolveTrain' | 'resolveBaseline' | 'places' | 'placeNames' | 'reviewApprovals' | 'stopStatus'
  >
>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '15 seconds',
  retry: { initialInterval: '200 milliseconds', maximumAttempts: 5 },
});

/**
 * Reads that a run can go on without: quick, harmless to repeat. Used up after about two minutes, so that a person
 * hears of it.
 */
const readOptions: ActivityOptions = {
  startToCloseTimeout: '45 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 15 },
};

/**
 * Reads that a run cannot go on without, and messages to the environment: asked until there is an answer, since an
 * outage leaves nothing to decide (ADR 0045). The status says what is waited for.
 */
const awaitOptions: ActivityOptions = {
  startToCloseTimeout: '45 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' },
};

/**
 * The sender waits for the answer to a message: after some seconds it is better to say that it cannot be judged now.
 * Never a local activity where another run is asked: that would keep the slot which the other run needs to answer.
 */
const verifyOptions: ActivityOptions = {
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '2 seconds', maximumAttempts: 4 },
};

/**
 * Writes with the wait for their effect. They heartbeat, so a dead worker is noticed within ten seconds; they look
 * for their own work first, so a repeat is safe, and an outage is waited out (ADR 0045). A cancellation is waited for:
 * only then is it known what was done.
 */
const writeOptions: ActivityOptions = {
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/**
 * Things that take as long as they take: builds, migrations, bakes, another run. The platform's own limit ends them.
 */
const followOptions: ActivityOptions = {
  ...writeOptions,
  startToCloseTimeout: '48 hours',
};

/**
 * A look whether a run is still open: a question to the server alone. It is repeated for as long as that is away, since
 * whoever waits for that run can do nothing else.
 */
const lookOptions: ActivityOptions = {
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
};

/**
 * Work that a person can do by other means, or whose result can be decided without it: used up after some minutes, so
 * that they hear of it.
 */
const maxTries = 40;
const switchOptions: ActivityOptions = { ...writeOptions, retry: { ...writeOptions.retry, maximumAttempts: maxTries } };
const checkOptions: ActivityOptions = {
  ...followOptions,
  retry: { ...followOptions.retry, maximumAttempts: maxTries },
};

/** Only of environments that an earlier version began: the holder's run may wait for people for days. */
const watchOptions: ActivityOptions = {
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/**
 * Triage: a source that does not answer in time is evidence by itself. The activity has its own limit, and says that;
 * only a worker that died leaves a look without an answer. So it is looked again as soon as another worker is there,
 * however long that takes: the time without a worker says nothing of the source.
 */
const investigateOptions: ActivityOptions = {
  startToCloseTimeout: '25 seconds',
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '2 seconds', maximumAttempts: 10 },
};

/**
 * Between a run and the environment that it rings for. As long as that has not heard of a freeze or a drift, others may
 * release: a dead worker is noticed by its missing heartbeats.
 */
const announceOptions: ActivityOptions = { ...readOptions, heartbeatTimeout: '5 seconds' };
const askIncidentOptions: ActivityOptions = { ...verifyOptions, heartbeatTimeout: '5 seconds' };

/**
 * What people are told: nothing waits for it. Repeated for an hour, since a platform that is down is often down for
 * longer than a minute; told later than that it is old.
 */
const notifyOptions: ActivityOptions = {
  startToCloseTimeout: '50 seconds',
  scheduleToCloseTimeout: '1 hour',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/** A test of a channel: whoever waits for it wants to know what came of the first try. */
const tryOptions: ActivityOptions = {
  startToCloseTimeout: '50 seconds',
  scheduleToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
};

/**
 * Why something failed: it is nice to know, and not worth a long wait. The run ends without it where the log does not
 * answer.
 */
const explainOptions: ActivityOptions = {
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
};

/**
 * What is attached to a ticket at the end of a change: only that end waits for it. A ticket that cannot be reached for
 * two minutes is named in the timeline instead.
 */
const attachOptions: ActivityOptions = {
  startToCloseTimeout: '50 seconds',
  scheduleToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
};

/**
 * Entries of a ledger, which nobody waits for: the environment keeps them, and tries again after a pause. A store that
 * hangs must not keep a worker's slot.
 */
const recordOptions: ActivityOptions = {
  startToCloseTimeout: '40 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 4 },
};

type Reads = Pick<
  Activities,
  | 'confirmCommit'
  | 'confirmMigrations'
  | 'confirmInputs'
  | 'confirmRollbackTarget'
  | 'stillOnBranch'
  | 'forwardMessage'
  | 'preflight'
  | 'plan'
  | 'observe'
  | 'health'
  | 'readBack'
  | 'findDrift'
  | 'checkPlace'
  | 'join'
  | 'leave'
  | 'environmentStatus'
  | 'askEnvironment'
  | 'loadEnvironment'
  | 'nextFreeze'
  | 'recordLedger'
  | 'promotionSource'
  | 'rollbackGoal'
  | 'planDrill'
  | 'listInstances'
>;
type Writes = Pick<
  Activities,
  | 'stamp'
  | 'stage'
  | 'syncMigration'
  | 'syncSmoke'
  | 'shift'
  | 'restart'
  | 'stageSecrets'
  | 'restore'
  | 'smoke'
  | 'drillPart'
>;
type Follows = Pick<
  Activities,
  | 'build'
  | 'runMigration'
  | 'runGateJob'
  | 'runProgram'
  | 'sealEvidence'
  | 'findFallbackSignature'
  | 'bake'
  | 'verify'
  | 'fenceOffFormerHolder'
  | 'waitUntilSettled'
>;

type Farewells = Pick<Activities, 'leave'>;

type Verifications = Pick<
  Activities,
  'pendingWork' | 'checkSignature' | 'judgeMessage' | 'checkRequest' | 'isRelease' | 'askHolder' | 'askBrokenChange'
>;

type Investigations = Pick<Activities, 'investigate' | 'confirmAlerts' | 'findSuspects'>;

/** Each takes the line that the Temporal UI shows beside the activity (at most 200 bytes). */
export const reading = (summary: string) => proxyActivities<Reads>({ ...readOptions, summary });
export const awaiting = (summary: string) => proxyActivities<Reads>({ ...awaitOptions, summary });
export const writing = (summary: string) => proxyActivities<Writes>({ ...writeOptions, summary });
export const recording = (summary: string) =>
  proxyActivities<Pick<Activities, 'appendLedger'>>({ ...recordOptions, summary });
export const following = (summary: string) => proxyActivities<Follows>({ ...followOptions, summary });
export const switching = (summary: string) =>
  proxyActivities<Pick<Activities, 'switchWrites' | 'switchTraffic' | 'retireSecrets'>>({ ...switchOptions, summary });
export const checking = (summary: string) =>
  proxyActivities<Pick<Activities, 'runCommands' | 'checkBaseline' | 'confirmGithubChecks'>>({
    ...checkOptions,
    summary,
  });
/** Of a run that never held the environment: nothing depends on it, since the environment looks at its tickets. */
export const sayingFarewell = (summary: string) => proxyActivities<Farewells>({ ...verifyOptions, summary });
export const verifying = (summary: string) => proxyActivities<Verifications>({ ...verifyOptions, summary });
export const announcing = (summary: string) =>
  proxyActivities<Pick<Activities, 'announceIncident' | 'announceDrift'>>({ ...announceOptions, summary });
export const askingIncident = (summary: string) =>
  proxyActivities<Pick<Activities, 'askIncident'>>({ ...askIncidentOptions, summary });
export const investigating = (summary: string) => proxyActivities<Investigations>({ ...investigateOptions, summary });
export const notifying = (summary: string) =>
  proxyActivities<Pick<Activities, 'notify'>>({ ...notifyOptions, summary });
export const trying = (summary: string) => proxyActivities<Pick<Activities, 'notify'>>({ ...tryOptions, summary });
export const explaining = (summary: string) =>
  proxyActivities<Pick<Activities, 'diagnose'>>({ ...explainOptions, summary });
export const attaching = (summary: string) =>
  proxyActivities<Pick<Activities, 'attachEvidence'>>({ ...attachOptions, summary });
export const looking = (summary: string) => proxyActivities<Pick<Activities, 'lookAtRun'>>({ ...lookOptions, summary });
export const watching = (summary: string) =>
  proxyActivities<Pick<Activities, 'followHolder'>>({ ...watchOptions, summary });
