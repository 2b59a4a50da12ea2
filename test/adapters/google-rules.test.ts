import { MockActivityEnvironment } from '@temporalio/testing';
import { Status } from 'google-gax';
import { describe, expect, it } from 'vitest';
import { executionFilter, requestsFilter } from '../../activities/google/cloud-run/logs.ts';
import { hasCandidate } from '../../contract/catalog/targets/index.ts';
import { quoted } from '../../contract/catalog/targets/logging-query.ts';
import { filterOf } from '../../activities/google/logging.ts';
import { packageOf } from '../../activities/google/artifact-registry.ts';
import { CallError } from '../../activities/google/call.ts';
import { CallBudget } from '../../activities/google/call-budget.ts';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import {
  candidateRevision,
  candidateTag,
  isCandidate,
  restoredRevision,
} from '../../activities/google/cloud-run/names.ts';
import { candidateTemplate, templateOf } from '../../activities/google/cloud-run/template.ts';
import {
  configuredTraffic,
  foreignTags,
  isTrafficServed,
  scaled,
  servedShares,
} from '../../activities/google/cloud-run/traffic.ts';
import { readContext } from '../../activities/google/cloud-run/session.ts';
import { asFailure } from '../../activities/google/failure.ts';
import { lackToPush, requireRights } from '../../activities/google/rights.ts';

describe('failures are classified once', () => {
  it.each([
    ['DEADLINE_EXCEEDED', 'Unavailable', false],
    ['UNAVAILABLE', 'Unavailable', false],
    ['INTERNAL', 'Unavailable', false],
    ['UNKNOWN', 'Unavailable', false],
    ['ABORTED', 'Unavailable', false],
    ['RESOURCE_EXHAUSTED', 'Unavailable', false],
    ['UNAUTHENTICATED', 'Denied', false],
    ['PERMISSION_DENIED', 'Denied', true],
    ['NOT_FOUND', 'Missing', true],
    ['INVALID_ARGUMENT', 'BadRequest', true],
    ['ALREADY_EXISTS', 'BadRequest', true],
    ['FAILED_PRECONDITION', 'BadRequest', true],
    ['UNIMPLEMENTED', 'BadRequest', true],
  ] as const)('%s is %s', (name, type, nonRetryable) => {
    const failure = asFailure(new CallError('read service a', { code: Status[name], details: 'one\ntwo\u001b[2J' }));
    expect(failure).toMatchObject({ type, nonRetryable, message: `read service a: one two (${name})` });
  });

  it.each([
    ["Permission 'run.services.update' denied on resource 'a' (or it may not exist).", 'roles/run.developer'],
    ["Permission 'run.services.setIamPolicy' denied on resource 'a'", 'roles/run.admin'],
    ["Permission 'artifactregistry.tags.get' denied on resource 'a'", 'roles/artifactregistry.reader'],
    ['a@b does not have storage.objects.create access to the bucket.', 'roles/storage.objectCreator'],
    ["Permission 'artifactregistry.repositories.uploadArtifacts' denied", 'roles/artifactregistry.writer'],
    ["Permission 'secretmanager.versions.access' denied for resource", 'roles/secretmanager.secretAccessor'],
    ["Permission 'secretmanager.versions.get' denied for resource", 'roles/secretmanager.viewer'],
    ["Permission 'secretmanager.versions.disable' denied for resource", 'roles/secretmanager.secretVersionManager'],
    ["Permission 'iam.serviceaccounts.actAs' denied on service account", 'roles/iam.serviceAccountUser'],
  ])('%s: the role is named', (details, role) => {
    const { message } = asFailure(new CallError('read', { code: Status.PERMISSION_DENIED, details })) as Error;
    expect(message).toContain(`(PERMISSION_DENIED); grant ${role} (`);
  });

  it.each([
    ['a blip of the metadata server', 40, 4 * 60_000, false],
    ['credentials that stay refused', 40, 6 * 60_000, true],
    ['the first tries of a late activity', 2, 6 * 60_000, false],
  ] as const)('refused credentials are tried again for some minutes: %s', async (_what, attempt, ageMs, isFinal) => {
    const activity = new MockActivityEnvironment({ attempt, scheduledTimestampMs: Date.now() - ageMs });
    const refused = new CallError('read', { code: Status.UNAUTHENTICATED, details: 'expired' });
    const failure: unknown = await activity.run(async () => asFailure(refused));
    expect(failure).toMatchObject({ type: 'Denied', nonRetryable: isFinal });
  });

  it('waits as long as the platform says, or a while where a quota is used up', () => {
    const quota = { code: Status.RESOURCE_EXHAUSTED, details: 'quota' };
    expect(asFailure(new CallError('read', quota))).toMatchObject({ nextRetryDelay: 5_000 });
    const told = { ...quota, statusDetails: [{ retryDelay: { seconds: '2', nanos: 500_000_000 } }] };
    expect(asFailure(new CallError('read', told))).toMatchObject({ nextRetryDelay: 2_500 });
  });

  it("passes on what is no call's error", () => {
    const defect = new TypeError('defect');
    expect(asFailure(defect)).toBe(defect);
  });

  it('says what an address must be', async () => {
    await expect(createGoogleClients({ grpc: 'nowhere' })).rejects.toThrow('must be <host>:<port>, not nowhere');
  });
});

describe('traffic', () => {
  it('follows the latest where nothing is said', () => {
    expect(configuredTraffic({})).toEqual([{ revision: null, percent: 100, tag: null }]);
  });

  it.each([
    [[{ revision: 'a', percent: 100 }], 70, [{ revision: 'a', percent: 70 }]],
    [
      [
        { revision: 'a', percent: 50 },
        { revision: 'b', percent: 50 },
      ],
      25,
      [
        { revision: 'a', percent: 13 },
        { revision: 'b', percent: 12 },
      ],
    ],
    [
      [
        { revision: 'a', percent: 99 },
        { revision: 'b', percent: 1 },
      ],
      10,
      [{ revision: 'a', percent: 10 }],
    ],
  ])('scales %o to %i', (shares, sum, expected) => {
    expect(scaled(shares, sum)).toEqual(expected);
  });

  const service = {
    latestReadyRevision: 'projects/p/locations/r/services/s/revisions/s-2',
    traffic: [
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' as const, percent: 60 },
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const, revision: 's-1', percent: 40, tag: 'old' },
    ],
    trafficStatuses: [
      { revision: 's-2', percent: 60 },
      { revision: 's-1', percent: 40, tag: 'old', uri: 'https://old' },
    ],
  };

  it('knows who serves, and which tags are of others', () => {
    expect(servedShares(service)).toEqual([
      { revision: 's-2', percent: 60 },
      { revision: 's-1', percent: 40 },
    ]);
    expect(foreignTags(service, 'c1')).toEqual([{ revision: 's-1', percent: 0, tag: 'old' }]);
    expect(foreignTags(service, 'old')).toEqual([]);
  });

  it.each(['s-2', ''])('keeps the tag of another on the latest, whose status names "%s"', (revision) => {
    const statuses = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' as const, revision, percent: 60, tag: 'canary' }];
    expect(foreignTags({ ...service, trafficStatuses: statuses }, null)).toEqual([
      { revision: null, percent: 0, tag: 'canary' },
    ]);
  });

  it('is served once the statuses say so, latest taken as what it means', () => {
    expect(isTrafficServed(service)).toBe(true);
    expect(isTrafficServed({ ...service, latestReadyRevision: 'x/revisions/s-3' })).toBe(false);
  });
});

describe('names and templates', () => {
  const change = 'c0123456789';
  it.each([
    [35, change],
    [36, 'c012345678'],
    [42, 'c012'],
    [43, null],
    [48, null],
  ])('a candidate of a service of %i characters has a tag that the platform takes: %s', (length, tag) => {
    const service = 's'.repeat(length);
    expect(candidateTag(service, change)).toBe(tag);
    expect(hasCandidate({ kind: 'cloudRun', project: 'p', region: 'r', service })).toBe(tag !== null);
    expect(isCandidate(service, candidateRevision(service, change, 1), tag ?? 'other')).toBe(tag !== null);
    expect(isCandidate(service, candidateRevision(service, change, 1), change)).toBe(true);
    expect(restoredRevision(service, change, 9).length).toBeLessThanOrEqual(63);
  });

  it('is no candidate of another change, nor what somebody has named', () => {
    expect(isCandidate('app', 'app-c0123456789-a1', 'c012')).toBe(false);
    expect(isCandidate('app', 'app-c0123456789-r1', change)).toBe(false);
    expect(isCandidate('app', 'app-2-c0123456789-a1', change)).toBe(false);
  });

  it('refuses for good a name of a revision that is too long', () => {
    expect(() => candidateRevision('s'.repeat(49), change, 1)).toThrow(
      expect.objectContaining({ type: 'BadRequest', nonRetryable: true }) as Error,
    );
  });

  it('finds the package of an image', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(packageOf(`us-central1-docker.pkg.dev/p/r/team/app@${digest}`)).toBe(
      'projects/p/locations/us-central1/repositories/r/packages/team%2Fapp',
    );
    expect(packageOf('docker.io/library/nginx:1')).toBeUndefined();
  });

  it('keeps the scaling of what serves for the candidate, so that it is warm before users arrive', () => {
    const settings = {
      revision: 'app-c1-a1',
      artifact: { image: 'i', digest: 'd', commit: 'c' },
      variables: {},
      secrets: {},
    };
    const author = { change: 'c1', attempt: 1 };
    const present = { scaling: { minInstanceCount: 3, maxInstanceCount: 9 }, containers: [{ image: 'old' }] };
    expect(candidateTemplate(present, settings, { service: 'app' }, author).scaling).toEqual(present.scaling);
    expect(candidateTemplate(present, settings, { service: 'app', maxInstances: 5 }, author).scaling).toEqual({
      minInstanceCount: 3,
      maxInstanceCount: 5,
    });
  });

  it("makes a template of a revision without what is the platform's", () => {
    const template = templateOf(
      {
        name: 'old',
        uid: '1',
        containers: [{ image: 'i' }],
        timeout: { seconds: 300 },
        labels: { team: 'a', 'run.googleapis.com/startupProbeType': 'Default' },
        annotations: { 'serving.knative.dev/creator': 'x', kept: 'y' },
      },
      'new',
    );
    expect(template).toEqual({
      revision: 'new',
      containers: [{ image: 'i' }],
      timeout: { seconds: 300 },
      labels: { team: 'a' },
      annotations: { kept: 'y' },
    });
  });
});

describe('a filter of the log', () => {
  it.each([
    ['plain', 'service', '"service"'],
    ['a quote', 'x" OR severity>=DEFAULT OR "', '"x\\" OR severity>=DEFAULT OR \\""'],
    ['a backslash at the end', 'x\\', '"x\\\\"'],
    ['a new line', 'x\n-- comment', '"x -- comment"'],
  ])('keeps a value one literal: %s', (_name, value, expected) => expect(quoted(value)).toBe(expected));

  it('has our own conditions around that of the catalog', () => {
    const query = { filter: 'severity>=ERROR OR a=1', since: '2026-01-01T00:00:00Z', until: null };
    const audit = 'log_id("cloudaudit.googleapis.com/activity")';
    expect(filterOf(query)).toBe(`timestamp>="2026-01-01T00:00:00Z" AND (severity>=ERROR OR a=1) AND NOT ${audit}`);
    expect(filterOf({ ...query, filter: audit })).toBe(`timestamp>="2026-01-01T00:00:00Z" AND (${audit})`);
    expect(filterOf({ ...query, until: '2026-01-02T00:00:00Z' })).toContain(
      ' AND timestamp<"2026-01-02T00:00:00Z" AND (',
    );
  });

  it('finds our own request, and those of users at one revision', () => {
    const requests =
      'resource.type="cloud_run_revision" AND resource.labels.service_name="app" ' +
      'AND log_id("run.googleapis.com/requests")';
    const since = '2026-01-01T00:00:00Z';
    expect(requestsFilter('app', { since, revision: null, userAgent: { is: 'agent/1' }, limit: 1 })).toBe(
      `${requests} AND httpRequest.userAgent="agent/1" AND timestamp>="${since}"`,
    );
    expect(requestsFilter('app', { since, revision: 'app-2', userAgent: { lacks: 'agent/' }, limit: 1 })).toBe(
      `${requests} AND resource.labels.revision_name="app-2" AND NOT httpRequest.userAgent:"agent/" ` +
        `AND timestamp>="${since}"`,
    );
  });

  it('finds the entries of one execution, by its short name', () => {
    expect(executionFilter({ execution: 'projects/p/executions/app-1', since: '2026-01-01T00:00:00Z' })).toBe(
      'resource.type="cloud_run_job" AND labels."run.googleapis.com/execution_name"="app-1" ' +
        'AND timestamp>="2026-01-01T00:00:00Z"',
    );
  });
});

describe('rights are asked for before anything is built', () => {
  const target = { kind: 'cloudRun', project: 'p', region: 'us-central1', service: 'app' } as const;
  const clientsWith = (permissions: string[], there = true): GoogleClients => {
    const notThere = Object.assign(new Error('not found'), { code: Status.NOT_FOUND });
    const testIamPermissions = () => Promise.resolve([{ permissions }]);
    const getService = () => (there ? Promise.resolve([{ name: 'app' }]) : Promise.reject(notThere));
    const services = { getService, testIamPermissions };
    const budget = new CallBudget(null);
    return { services, budget, registry: { testIamPermissions }, callTimeoutMs: 1_000 } as unknown as GoogleClients;
  };

  it('of the service: the role that is missing is named', async () => {
    await requireRights(readContext(clientsWith(['run.services.update']), target));
    await expect(requireRights(readContext(clientsWith([]), target))).rejects.toMatchObject({
      type: 'Denied',
      message:
        'the account of the worker has no permission run.services.update on service app of p in us-central1: ' +
        'grant it roles/run.developer (Cloud Run Developer)',
    });
  });

  it('of a service that the catalog opens to everybody: that right, too', async () => {
    const open = { ...target, allowUnauthenticated: true };
    await expect(requireRights(readContext(clientsWith(['run.services.update']), open))).rejects.toMatchObject({
      message: expect.stringMatching(/no permission run\.services\.setIamPolicy on .*: grant it roles\/run\.admin/),
    });
  });

  it('not of a service that is not there yet', async () => {
    await requireRights(readContext(clientsWith([], false), target));
  });

  it('of the repository of an image that the worker pushes itself', async () => {
    const image = 'us-central1-docker.pkg.dev/p/apps/app';
    expect(await lackToPush(clientsWith(['artifactregistry.repositories.uploadArtifacts']), image)).toBeNull();
    expect(await lackToPush(clientsWith([]), image)).toMatch(
      /repositories\/apps: grant it roles\/artifactregistry.writer \(Artifact Registry Writer\)$/,
    );
    expect(await lackToPush(clientsWith([]), 'registry.example.com/team/app')).toBeNull();
  });
});
