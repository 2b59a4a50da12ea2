import { z } from 'zod';
import { baseline } from './baseline.ts';
import { build, type BuildEntry } from './build.ts';
import { configuration } from './configuration.ts';
import { checklist, trainProblems } from './checklist.ts';
import { approvals, policyProblems, signers, starts, type Signer } from './approval-policy.ts';
import { drill } from './drill.ts';
import { evidence, evidenceProblems } from './evidence.ts';
import { argument, count, environmentVariable, name, relativePath, secretName, secretVersion, url } from './fields.ts';
import { gate, isReading, logGate, metricGate, smokeGate } from './gates.ts';
import { trafficSwitch } from './traffic-switch.ts';
import { writeSwitch } from './write-switch.ts';
import { freezeWindow } from './freezes.ts';
import { incidents } from './incidents.ts';
import { notifications } from './notifications.ts';
import { postDeployGate } from './post-deploy-gate.ts';
import { schedules } from './schedules.ts';
import { hasCandidate, hasInstances, smokeJobOf, target } from './targets/index.ts';

/**
 * Describes a catalog file: one source for validation, for the types and for the JSON Schema of editors. Every object
 * refuses fields that it does not know.
 */

/** Places of a migration in a change: before or after the candidate is staged, or after users have got it. */
const migrationOrders = ['beforeStage', 'afterStage', 'afterShift'] as const;
export type MigrationOrder = (typeof migrationOrders)[number];

/**
 * The migration of a commit, and the recorded reason to run the older command instead (runbook 000, non-negotiable
 * invariant).
 */
const migration = z.strictObject({
  directory: relativePath,
  /** Default: `afterStage`; `beforeStage` where the platform has no candidate at 0 %. */
  when: z.enum(migrationOrders, `must be one of ${migrationOrders.join(', ')}`).optional(),
  command: z.array(argument).min(1, 'must name a program'),
  args: z.array(argument).default([]),
  timeoutSeconds: count('a number of seconds', 1, 86_400).default(600),
  /**
   * Time that the platform may take after the time limit to say how it ended. Then a waiting rollback takes it for
   * unknown. Default: 120.
   */
  settlesWithinSeconds: count('a number of seconds', 1, 3_600).optional(),
  fallback: z
    .strictObject({
      command: z.array(argument).min(1, 'must name a program'),
      args: z.array(argument).default([]),
      /** Every one of these texts must stand in one entry of the failed execution itself. */
      signature: z.array(argument.min(3, 'must be at least 3 characters')).min(1, 'must have a text to look for'),
    })
    .optional(),
});

const bake = z.strictObject({
  seconds: count('a number of seconds', 0, 86_400),
  everySeconds: count('a number of seconds', 1, 600).default(15),
  /** Requests of users that must be served during the bake; with fewer it is inconclusive. */
  minRequests: count('a number of requests', 0, 1_000_000).default(1),
  /** Time that an entry may take to appear in the log. */
  logsArriveWithinSeconds: count('a number of seconds', 1, 900).default(120),
  /** Metric gates that are watched with the log gates. */
  metrics: z.array(metricGate).optional(),
});

const environment = z.strictObject({
  target,
  /**
   * Values that the service needs: each must be in secrets, in variables, or in a file of `configuration` (runbook 004,
   * required inputs).
   */
  inputs: z.array(environmentVariable).optional(),
  /** Files of the commit with further settings, and which of them are overridden on purpose. */
  configuration: configuration.optional(),
  /**
   * Variables set on the container besides its own; `{commit}` stands for the commit. Never secrets: those are
   * references.
   */
  variables: z.record(environmentVariable, argument).default({}),
  secrets: z
    .record(environmentVariable, z.strictObject({ secret: secretName, version: secretVersion.default('latest') }))
    .default({}),
  migration: migration.optional(),
  approvals,
  /**
   * Checks of a candidate and of what is live, in order (runbook 004, deployment procedure, step 4): requests, and
   * controls of access that the API owner signs off with them.
   */
  smoke: z.array(smokeGate).min(1, 'must have a check'),
  logs: z.array(logGate).default([]),
  bake,
  /** The Prometheus of the metric gates; by default the worker's own. */
  metrics: z.strictObject({ url }).optional(),
  /** Gates of any kind after the bake, in order (runbook 004, post-deploy verification). */
  verification: z.array(gate).min(1, 'must have a gate').optional(),
  /** Jobs that must succeed after the roll-out (runbook 001, section 6). Without it there are none. */
  postDeployGate: postDeployGate.optional(),
  /** What is checked and kept before users get a release (runbook 002, sections 6 and 8). Without it nothing is. */
  evidence: evidence.optional(),
  /** The switch that freezes writes while a schema is repaired by hand (runbook 004, rollback procedure, step 4). */
  writeSwitch: writeSwitch.optional(),
  /** Switches by which a risky path of traffic is disabled, by their names. An incident's mitigation does so. */
  trafficSwitches: z.record(name, trafficSwitch).optional(),
  /** Roles that may decide what is parked, break a lock and lift a hold. */
  operators: z.array(name).min(1, 'must name a role'),
  /** Times at which nobody may release here, known beforehand. */
  freezes: z.array(freezeWindow).min(1, 'must have a window').optional(),
  /** Times at which Temporal starts checks here by itself, once `./slipway schedules apply` has told it. */
  schedules: schedules.optional(),
  /** Roles that may start a change here; by default everybody whom the catalog lists. */
  starts: starts.optional(),
  /** Drills that may be run here; without it none is. */
  drill: drill.optional(),
  /** How incidents are run here: clocks, roles, and when one is over. */
  incidents: incidents.optional(),
  /** Who is told of incidents here: Slack, webhooks, PagerDuty. */
  notifications: notifications.optional(),
});

export const catalogFile = z
  .strictObject({
    service: name,
    description: z.string('must be text').max(500, 'at most 500 characters'),
    repository: z.strictObject({
      url,
      branch: z.string('must be a branch').regex(/^(?!-)[\w./-]{1,200}$/, 'must be a branch name'),
    }),
    build: build.optional(),
    owners: z.record(
      name,
      z
        .array(
          z
            .string('must be an address')
            .min(3, 'must be an address')
            .max(200)
            .regex(/^\S+$/, 'must be an address without blanks'),
        )
        .min(1, 'must name a person'),
    ),
    signers: signers.optional(),
    environments: z.record(name, environment),
    /** Order in which a release visits environments; one that is left out is not visited. Default: all, as written. */
    train: z.array(name).min(1, 'must have an environment').optional(),
    checklist: checklist.optional(),
    /** What must hold on a machine before work on the service begins: `./slipway baseline`. */
    baseline: baseline.optional(),
  })
  .check((context) => {
    for (const { path, message } of policyProblems(context.value))
      context.issues.push({ code: 'custom', input: context.value, path, message });
    const [first] = Object.keys(context.value.environments);
    if (first === undefined) {
      context.issues.push({ code: 'custom', input: {}, path: ['environments'], message: 'must have an environment' });
    }
    for (const [environment, settings] of Object.entries(context.value.environments)) {
      const writes = settings.smoke.some((check) => check.kind !== 'auth' && !isReading(check));
      if (settings.writeSwitch && !writes)
        context.issues.push({
          code: 'custom',
          input: settings.smoke,
          path: ['environments', environment, 'smoke'],
          message: 'must have a check that writes: no other check shows after a thaw that writes work again',
        });
      for (const { path, message } of gateProblems(settings))
        context.issues.push({
          code: 'custom',
          input: settings.postDeployGate,
          path: ['environments', environment, ...path],
          message,
        });
    }
    for (const [environment, settings] of Object.entries(context.value.environments))
      for (const { path, message } of settings.evidence ? evidenceProblems(settings.evidence, settings.target) : [])
        context.issues.push({
          code: 'custom',
          input: settings.evidence,
          path: ['environments', environment, ...path],
          message,
        });
    for (const [environment, { drill: policy, target: place }] of Object.entries(context.value.environments)) {
      if (policy && !hasInstances(place))
        context.issues.push({
          code: 'custom',
          input: policy,
          path: ['environments', environment, 'drill'],
          message: `is not possible on ${place.kind}: no instance of it can be named and ended`,
        });
    }
    for (const { path, message } of trainProblems(context.value))
      context.issues.push({ code: 'custom', input: context.value.train, path, message });
  });

/** Finds what an environment with a post-deploy gate lacks for it. */
function gateProblems({ postDeployGate: gate, migration: migrates, target: place }: EnvironmentEntry) {
  if (!gate) return [];
  const noJob = { path: ['target'], message: 'must have a smokeJob, since there is a postDeployGate' };
  const noMigration = {
    path: ['postDeployGate', 'nothingPending'],
    message: 'must not be there: the environment has no migration to repeat',
  };
  return [...(smokeJobOf(place) === null ? [noJob] : []), ...(gate.nothingPending && !migrates ? [noMigration] : [])];
}

export type CatalogFile = z.infer<typeof catalogFile>;
export type EnvironmentEntry = z.infer<typeof environment>;
export type MigrationEntry = z.infer<typeof migration>;
export type { LogGate, SmokeGate } from './gates.ts';
export type BakeEntry = z.infer<typeof bake>;

/** Says when an environment's change migrates: as its catalog file says, else as its platform needs it. */
export function migrationOrder({ migration, target: place }: EnvironmentEntry): MigrationOrder {
  return migration?.when ?? (hasCandidate(place) ? 'afterStage' : 'beforeStage');
}

/** Holds one service in one environment, as a run carries it: values, not names to look up again. */
export interface CatalogEntry {
  service: string;
  environment: string;
  repository: CatalogFile['repository'];
  build: BuildEntry | null;
  owners: CatalogFile['owners'];
  /** Public keys of people. */
  signers: Signer[];
  settings: EnvironmentEntry;
  /** SHA-256 of the entry; part of the plan. */
  hash: string;
}
