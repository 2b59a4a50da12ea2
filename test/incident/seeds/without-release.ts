import type { Seed, SeedChange } from './seed.ts';

/** Releases of the last day that have nothing to do with it. */
const yesterday: SeedChange = { name: 'yesterday', minutes: -1250, commits: ['Show the duration of a run'] };
const recent: SeedChange = { name: 'recent', minutes: -25, commits: ['Sort labels by name'] };

/** Ten faults that no release has brought, and that no category of the runbook is about. */
export const withoutRelease: Seed[] = [
  {
    name: 'a full disk',
    story: 'the volume of the events is full',
    alert: { name: 'NodeFilesystemAlmostOutOfSpace', summary: '/var/lib has less than 1 % left' },
    changes: [yesterday],
    lines: [
      {
        ...{ from: -6, until: 3, perMinute: 20, severity: 'ERROR' },
        message: 'could not append to the event stream of run #: ENOSPC: no space left on device, write',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'DNS',
    story: 'the resolver does not answer',
    alert: { name: 'DependencyUnreachable', summary: 'the database is not reached from 3 of 3 instances' },
    changes: [yesterday, recent],
    lines: [
      {
        ...{ from: -5, until: 3, perMinute: 30, severity: 'ERROR' },
        message: 'GET /readyz failed: getaddrinfo EAI_AGAIN db.internal.example.com',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'a quota',
    story: 'the project writes more than its quota allows',
    alert: { name: 'ApiQuotaExhausted', summary: 'Quota of write requests is used up' },
    changes: [yesterday],
    lines: [
      {
        ...{ from: -4, until: 3, perMinute: 40, severity: 'ERROR' },
        message:
          "8 RESOURCE_EXHAUSTED: Quota exceeded for quota metric 'Write requests' and limit " +
          "'Write requests per minute' of service 'storage.googleapis.com'",
      },
      {
        ...{ from: -4, until: 3, perMinute: 12, severity: 'WARNING' },
        message: 'upload # given up after 4 tries: the retry budget is used up',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'clock skew',
    story: 'the clock of a node is behind, and the store refuses what it signs',
    alert: { name: 'NodeClockSkewDetected', summary: 'the clock of node-3 is 43 s behind' },
    changes: [yesterday],
    lines: [
      {
        ...{ from: -8, until: 3, perMinute: 14, severity: 'ERROR' },
        message:
          'RequestTimeTooSkewed: The difference between the request time and the current time is too large (# ms)',
      },
      {
        ...{ from: -8, until: 3, perMinute: 10, severity: 'WARNING' },
        message: 'id token of the metadata server is not valid yet: nbf is # s ahead of this clock',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'a certificate',
    story: 'the certificate of a partner has expired at midnight',
    alert: { name: 'LedgerExportFails', summary: 'no export for 10 minutes' },
    changes: [yesterday],
    lines: [
      {
        ...{ from: -10, until: 3, perMinute: 6, severity: 'ERROR' },
        message: 'export # failed: request to https://ledger.example.com/v1 failed: CERT_HAS_EXPIRED',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'connection slots',
    story: 'another service holds all connections of the database',
    alert: { name: 'PostgresTooManyConnections', summary: '100 of 100 connections are used' },
    changes: [yesterday, recent],
    lines: [
      {
        ...{ from: -6, until: 3, perMinute: 18, severity: 'ERROR' },
        message:
          'cannot read the lease of run #: ' +
          'remaining connection slots are reserved for roles with the SUPERUSER attribute',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'a throttled processor',
    story: 'a neighbour on the node takes the processor',
    alert: { name: 'CPUThrottlingHigh', summary: '71 % of the periods are throttled' },
    changes: [yesterday],
    lines: [
      {
        ...{ from: -9, until: 3, perMinute: 9, severity: 'WARNING' },
        message: 'event loop was blocked for # ms',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'a payment provider',
    story: 'a provider of payments answers 503',
    alert: { name: 'ChargesFail', summary: '38 % of the charges fail' },
    changes: [yesterday],
    lines: [
      {
        ...{ from: -7, until: 3, perMinute: 11, severity: 'ERROR' },
        message:
          'charge # failed: POST https://payments.example.com/v2/charges answered 503: ' +
          'upstream connect error or disconnect/reset before headers',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'a cache that is away',
    story: 'the cache server is being moved',
    alert: { name: 'RedisDown', summary: 'no instance of the cache answers' },
    changes: [yesterday],
    lines: [
      {
        ...{ from: -5, until: 3, perMinute: 22, severity: 'WARNING' },
        message: 'redis: connection lost (ECONNRESET), reconnect in # ms',
      },
      {
        ...{ from: -5, until: 3, perMinute: 5, severity: 'ERROR' },
        message: 'GET /internal/v1/runs failed: Reached the max retries per request limit (which is 20)',
      },
    ],
    guilty: null,
    category: null,
  },
  {
    name: 'nothing in the log',
    story: 'a load balancer in front sends nothing; the service itself sees only its usual few failures',
    alert: { name: 'ProbeFailed', summary: 'the probe fails from three regions' },
    changes: [yesterday],
    lines: [],
    guilty: null,
    category: null,
  },
];
