import { z } from 'zod';
import { baseline } from './baseline.ts';
import { build, type BuildEntry } from './build.ts';
import { configuration } from './configuration.ts';
import { checklist, trainProblems } from './checklist.ts';
import { approvals, policyProblems, signers, starts, type Signer } from './approval-policy.ts';
import { drill } from './drill.ts';
import { evidence, evidenceProblems } from './evidence.ts';
import { argument, count, environmentVariable, name, secretName, secretVersion, url } from './fields.ts';
import { gate, logGate, metricGate, smokeGate } from './gates.ts';
import { isReading } from '../is-reading.ts';
import { channelProblems } from './channel-problems.ts';
import { trafficSwitch } from './traffic-switch.ts';
import { writeSwitch } from './write-switch.ts';
import { freezeWindow } from './freezes.ts';
import { incidents } from './incidents.ts';
import { migration } from './migration.ts';
import { notifications } from './notifications.ts';
import { keepsAttestations, provenance, type ProvenanceEntry } from './provenance.ts';
import { postDeployGate } from './post-deploy-gate.ts';
import { repository } from './repository.ts';
import { hostIsDeclared, requestFields, requestPath, seconds, status } from './request.ts';
import { schedules } from './schedules.ts';
import { asksForIdentity, hasInstances, smokeJobOf } from './targets/index.ts';
import { target } from './targets/target.ts';

/**
 * Describes a catalog file: one source for validation, for the types and for the JSON Schema of editors. Every object
 * refuses fields that it does not know.
 */

const bake = z
  .strictObject({
    seconds: count('a number of seconds', 0, 86_400).describe('How long users have the release before it counts.'),
    everySeconds: count('a number of seconds', 1, 600).default(15).describe('Time between two looks.'),
    minRequests: count('a number of requests', 0, 1_000_000)
      .default(1)
      .describe(
        'Requests of users that must be served meanwhile. With fewer the bake is inconclusive, and a person decides.',
      ),
    logsArriveWithinSeconds: count('a number of seconds', 1, 900)
      .default(120)
      .describe('Time that an entry may take to appear in the log.'),
    metrics: z.array(metricGate).optional().describe('Metric gates that are looked at with the log gates.'),
  })
  .meta({
    id: 'bake',
    title: 'Bake',
    description:
      'The time in which users have the release and its logs and metrics are watched. A gate that says no takes the ' +
      'release back.',
  });

/** What is waited for before a smoke judges. */
export const readiness = z
  .strictObject({
    path: requestPath.describe('The path that is asked, by GET, until it answers with one of `status`.'),
    at: requestFields.at,
    hosts: requestFields.hosts,
    headers: requestFields.headers,
    status: z.array(status).min(1, 'must have a status').default([200]).describe('Statuses that mean ready.'),
    withinSeconds: seconds(1, 600).default(60).describe('The longest that it may take.'),
  })
  .check(hostIsDeclared)
  .meta({
    id: 'readiness',
    title: 'Readiness',
    description:
      'What is waited for before a smoke judges: a new instance may be slow at first, or refuse. Answers of the ' +
      'platform itself, because no instance is there yet, are waited out without it, too.',
  });

const environment = z
  .strictObject({
    target: target.describe('What carries the service here.'),
    inputs: z
      .array(environmentVariable)
      .optional()
      .describe(
        'Values that the service needs. Each must be in `secrets`, in `variables`, or in a file of `configuration`; ' +
          'a release that lacks one ends before anything is touched.',
      ),
    configuration: configuration.optional(),
    variables: z
      .record(environmentVariable, argument)
      .default({})
      .describe(
        'Variables that are set on the container, besides those that it has. `{commit}` stands for the commit. ' +
          'Never a secret: what is here stands in plans and histories.',
      )
      .meta({ examples: [{ BUILD_SHA: '{commit}' }] }),
    secrets: z
      .record(
        environmentVariable,
        z.strictObject({
          secret: secretName.describe('Its name in the secret store of the platform; on Kubernetes `<name>/<key>`.'),
          version: secretVersion.default('latest').describe('`latest`, or the number of a version.'),
        }),
      )
      .default({})
      .describe('Variables that have their values from the secret store of the platform.')
      .meta({ examples: [{ DATABASE_URL: { secret: 'shop-database-url' } }] }),
    migration: migration.optional().describe('How the schema is migrated. Without it a release never migrates.'),
    approvals,
    smoke: z
      .array(smokeGate)
      .min(1, 'must have a check')
      .describe('Requests to the candidate before users get it, and to what is live, in order.')
      .meta({ examples: [[{ name: 'health', path: '/health' }]] }),
    readiness: readiness.optional(),
    logs: z.array(logGate).default([]).describe('Log gates of the bake.'),
    bake,
    metrics: z
      .strictObject({ url: url.describe('Its URL.') })
      .optional()
      .describe("The Prometheus of the metric gates. Default: the worker's own."),
    verification: z
      .array(gate)
      .min(1, 'must have a gate')
      .optional()
      .describe('Gates of any kind after the bake, in order.'),
    postDeployGate: postDeployGate.optional(),
    evidence: evidence.optional(),
    writeSwitch: writeSwitch.optional(),
    trafficSwitches: z
      .record(name, trafficSwitch)
      .optional()
      .describe('Switches by which an incident disables a risky path of traffic, by their names.'),
    operators: z
      .array(name)
      .min(1, 'must name a role')
      .describe('Roles that may decide how a parked run goes on, freeze, break a lock and lift a hold.'),
    freezes: z
      .array(freezeWindow)
      .min(1, 'must have a window')
      .optional()
      .describe('Times at which nobody may release here, known beforehand.'),
    schedules: schedules.optional(),
    starts: starts.optional().describe('Roles that may start a change here. Default: everybody whom `owners` lists.'),
    drill: drill.optional(),
    incidents: incidents.optional(),
    notifications: notifications.optional(),
  })
  .meta({
    id: 'environment',
    title: 'Environment',
    description: 'A place where the service runs, such as staging or production.',
  });

export const catalogFile = z
  .strictObject({
    service: name.describe('The name of the service, as commands use it.'),
    description: z
      .string('must be text')
      .max(500, 'at most 500 characters')
      .describe('What the service is, in one sentence.'),
    repository,
    build: build.optional().describe('How an image is made of a commit. Without it only images can be deployed.'),
    provenance: provenance.optional(),
    owners: z
      .record(
        name,
        z
          .array(
            z
              .string('must be an address')
              .min(3, 'must be an address')
              .max(200)
              .regex(/^\S+$/, 'must be an address without blanks')
              .meta({ title: 'address' }),
          )
          .min(1, 'must name a person'),
      )
      .describe(
        'The people of each role. Roles are yours to name; one has a meaning: the `data-owner` is asked before a ' +
          'migration that old code cannot live with, and decides about the schema. Without one the operators do.',
      )
      .meta({ examples: [{ 'release-owner': ['release-owner@example.com'] }] }),
    signers: signers.optional().describe('Public keys of people. Whoever holds the private half is that person.'),
    environments: z.record(name, environment).describe('The environments of the service, by their names.'),
    train: z
      .array(name)
      .min(1, 'must have an environment')
      .optional()
      .describe(
        'The order in which a release visits environments. One that is left out is not visited. Default: all, as ' +
          'written.',
      ),
    checklist: checklist.optional(),
    baseline: baseline.optional(),
  })
  .meta({ title: 'Slipway catalog file', description: 'One service: what it is, where it runs, and who may do what.' })
  .superRefine(
    (file, context) => {
      for (const problem of channelProblems(file)) context.addIssue({ code: 'custom', ...problem });
    },
    { when: ({ value }) => typeof value === 'object' && value !== null },
  )
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
    const { build: builds, provenance: asked } = context.value;
    if (asked && builds && !keepsAttestations(builds.image))
      context.issues.push({
        code: 'custom',
        input: builds.image,
        path: ['build', 'image'],
        message: 'must be in Artifact Registry or gcr.io: no other registry is asked for its provenance',
      });
    for (const [environment, settings] of Object.entries(context.value.environments))
      for (const path of asksForIdentity(settings.target) ? [] : identityTokensIn(settings))
        context.issues.push({
          code: 'custom',
          input: settings.target,
          path: ['environments', environment, ...path],
          message:
            `is not possible on ${settings.target.kind}, which asks callers for no token: ` + 'write {secret: <name>}',
        });
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

/** Lists where a part of the catalog has an identity token. */
function identityTokensIn(part: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (part === null || typeof part !== 'object') return [];
  if ('identityToken' in part && part.identityToken === true) return [path];
  return Object.entries(part).flatMap(([key, value]) =>
    identityTokensIn(value, [...path, Array.isArray(part) ? Number(key) : key]),
  );
}

export type CatalogFile = z.infer<typeof catalogFile>;
export type EnvironmentEntry = z.infer<typeof environment>;
export type { MigrationOrder } from './migration.ts';

/** Holds one service in one environment, as a run carries it: values, not names to look up again. */
export interface CatalogEntry {
  service: string;
  environment: string;
  repository: CatalogFile['repository'];
  build: BuildEntry | null;
  /** Absent where the catalog asks for none, and in an entry of an earlier version. */
  provenance?: ProvenanceEntry;
  owners: CatalogFile['owners'];
  /** Public keys of people. */
  signers: Signer[];
  settings: EnvironmentEntry;
  /** SHA-256 of the entry; part of the plan. */
  hash: string;
}
