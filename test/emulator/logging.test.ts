import { Logging } from '@google-cloud/logging';
import { v2 } from '@google-cloud/logging-api';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import { restart, startForTest, withCloud } from './stage.ts';

let cloud: CloudProcess;
let logging: Logging;

withCloud((started) => {
  cloud = started;
  logging = new Logging(cloud.clientOptions());
});

interface RestAnswer {
  entries?: {
    insertId: string;
    severity?: string;
    httpRequest?: Record<string, unknown>;
    receiveTimestamp: string;
    jsonPayload?: unknown;
  }[];
  nextPageToken?: string;
  error?: { code: number; status: string; message: string };
}

async function rest(method: 'list' | 'write', body: unknown): Promise<RestAnswer> {
  const response = await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/entries:${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as RestAnswer;
}

/** Sends the request of `gcloud logging read` for runbook 000, section "Deploy sequence", step 4. */
function read(filter: string, minutes = 10, extra: object = {}): Promise<RestAnswer> {
  const since = new Date(Date.now() - minutes * 60_000).toISOString();
  return rest('list', {
    resourceNames: [`projects/${cloud.project}`],
    filter: `${filter} AND timestamp>="${since}"`,
    orderBy: 'timestamp desc',
    pageSize: 20,
    ...extra,
  });
}

function revision(service: string): { type: string; labels: Record<string, string> } {
  return { type: 'cloud_run_revision', labels: { service_name: service, revision_name: `${service}-00001-abc` } };
}

const logId = (id: string): string => `projects/${cloud.project}/logs/${encodeURIComponent(id)}`;

async function write(entries: object[], extra: object = {}): Promise<RestAnswer> {
  return await rest('write', { entries, ...extra });
}

describe('write and list', () => {
  test('an audit log is taken over REST, found by its fields, and read by both ways', async () => {
    const payload = {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      serviceName: 'run.googleapis.com',
      methodName: 'google.cloud.run.v2.Services.UpdateService',
      status: { code: 10, message: 'Conflict' },
    };
    const entry = { logName: logId('cloudaudit.googleapis.com/activity'), resource: revision('audit') };
    expect(await write([{ ...entry, protoPayload: payload }])).toEqual({});
    const filter = 'protoPayload.methodName:"UpdateService" AND protoPayload.status.code=10';
    const { entries } = await read(filter);
    expect(entries).toMatchObject([{ protoPayload: payload }]);
    const [[one]] = await logging.getEntries({ filter, autoPaginate: false });
    expect(one?.metadata).toMatchObject({ protoPayload: { type_url: payload['@type'] } });
  });

  test('the client reads what the client wrote, newest first', async () => {
    const log = logging.log('client-log');
    const metadata = { resource: revision('by-client'), severity: 'ERROR' as const };
    await log.write([
      log.entry(
        { ...metadata, timestamp: new Date(Date.now() - 2_000), insertId: 'c-1' },
        { message: 'first', deep: { list: [1, 'two', null] } },
      ),
      log.entry({ ...metadata, timestamp: new Date(Date.now() - 1_000), insertId: 'c-2' }, 'second'),
    ]);
    const [entries] = await logging.getEntries({
      filter: 'resource.labels.service_name="by-client" severity>=ERROR',
      orderBy: 'timestamp desc',
    });
    expect(entries.map((entry) => entry.data as unknown)).toEqual([
      'second',
      { message: 'first', deep: { list: [1, 'two', null] } },
    ]);
    expect(entries[0]?.metadata.resource?.labels).toMatchObject({ project_id: cloud.project });
  });

  test('the two questions of runbook 000', async () => {
    const at = new Date().toISOString();
    await write([
      {
        logName: logId('run.googleapis.com/requests'),
        resource: revision('openagents-web'),
        timestamp: at,
        severity: 'ERROR',
        insertId: 'r-1',
        httpRequest: { requestMethod: 'GET', requestUrl: 'http://web/', status: 500, latency: '0.250s' },
      },
      {
        logName: logId('run.googleapis.com/requests'),
        resource: revision('openagents-web'),
        timestamp: at,
        httpRequest: { status: 200 },
        insertId: 'r-2',
      },
      {
        logName: logId('run.googleapis.com/stderr'),
        resource: revision('openagents-runtime'),
        timestamp: at,
        severity: 'CRITICAL',
        textPayload: 'no table',
        insertId: 'r-3',
      },
      {
        logName: logId('run.googleapis.com/stdout'),
        resource: revision('openagents-runtime'),
        timestamp: at,
        severity: 'WARNING',
        textPayload: 'slow',
        insertId: 'r-4',
      },
    ]);
    const web = await read(
      'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-web" AND httpRequest.status=500',
    );
    expect(web.entries?.map((entry) => entry.insertId)).toEqual(['r-1']);
    expect(web.entries?.[0]?.httpRequest).toEqual({
      requestMethod: 'GET',
      requestUrl: 'http://web/',
      status: 500,
      latency: '0.250s',
    });
    const runtime = await read(
      'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-runtime" AND severity>=ERROR',
    );
    expect(runtime.entries?.map((entry) => entry.insertId)).toEqual(['r-3']);
    expect(await read('resource.labels.service_name="openagents-none"')).toEqual({});
  });

  test('an entry with the same timestamp and insertId is kept once', async () => {
    const entry = {
      logName: logId('twice'),
      resource: revision('twice'),
      timestamp: new Date().toISOString(),
      insertId: 'same',
      textPayload: 'x',
    };
    await write([entry]);
    await write([entry, { ...entry, insertId: 'other' }]);
    const answer = await read('resource.labels.service_name="twice"');
    expect(answer.entries?.map((each) => each.insertId).sort()).toEqual(['other', 'same']);
  });

  test('what is left out is filled in, in the order of the entries', async () => {
    await write([{ textPayload: 'one' }, { textPayload: 'two' }, { textPayload: 'three' }], {
      logName: logId('filled'),
      resource: { type: 'global' },
      labels: { run: '7' },
    });
    const answer = await rest('list', {
      resourceNames: [`projects/${cloud.project}`],
      filter: 'labels.run=7 AND log_id("filled")',
    });
    expect(answer.entries).toMatchObject([
      { textPayload: 'one', logName: logId('filled'), labels: { run: '7' } },
      { textPayload: 'two' },
      { textPayload: 'three' },
    ]);
  });

  test('entries outside the retention are taken and not kept', async () => {
    const base = { logName: logId('old'), resource: { type: 'global' } };
    const written = await write([
      { ...base, textPayload: 'ancient', timestamp: '2001-01-01T00:00:00Z' },
      { ...base, textPayload: 'future', timestamp: new Date(Date.now() + 48 * 3_600_000).toISOString() },
    ]);
    expect(written).toEqual({});
    expect(await rest('list', { resourceNames: [`projects/${cloud.project}`], filter: 'log_id("old")' })).toEqual({});
  });
});

describe('pages', () => {
  beforeAll(async () => {
    const start = Date.now() - 60_000;
    const entries = Array.from({ length: 7 }, (_, index) => ({
      timestamp: new Date(start + Math.floor(index / 2) * 1_000).toISOString(),
      insertId: `p-${index}`,
      textPayload: `page ${index}`,
    }));
    await write(entries, { logName: logId('paged'), resource: { type: 'global' } });
  });

  test.each([
    ['timestamp asc', ['p-0', 'p-1', 'p-2', 'p-3', 'p-4', 'p-5', 'p-6']],
    ['timestamp desc', ['p-6', 'p-5', 'p-4', 'p-3', 'p-2', 'p-1', 'p-0']],
    ['', ['p-0', 'p-1', 'p-2', 'p-3', 'p-4', 'p-5', 'p-6']],
  ])('every entry comes once in the order %j', async (orderBy, expected) => {
    const query = { resourceNames: [`projects/${cloud.project}`], filter: 'log_id("paged")', orderBy, pageSize: 3 };
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await rest('list', { ...query, pageToken });
      seen.push(...(page.entries ?? []).map((entry) => entry.insertId));
      pageToken = page.nextPageToken ?? '';
    } while (pageToken !== '');
    expect(seen).toEqual(expected);
  });

  test('a token belongs to its query', async () => {
    const query = { resourceNames: [`projects/${cloud.project}`], filter: 'log_id("paged")', pageSize: 3 };
    const { nextPageToken } = await rest('list', query);
    for (const other of [{ filter: 'log_id("filled")' }, { orderBy: 'timestamp desc' }, { pageToken: 'garbage' }]) {
      const answer = await rest('list', { ...query, pageToken: nextPageToken, ...other });
      expect(answer.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    }
    expect((await rest('list', { ...query, pageToken: nextPageToken, pageSize: 1 })).entries?.[0]?.insertId).toBe(
      'p-3',
    );
  });
});

describe('refused', () => {
  test.each<[name: string, change: object, status: string, message: RegExp]>([
    [
      'a bad filter',
      { filter: 'severity>=' },
      'INVALID_ARGUMENT',
      /Unparseable filter: syntax error at line 1, column 11/,
    ],
    ['an unknown field', { filter: 'service_name="x"' }, 'INVALID_ARGUMENT', /Field not found: 'service_name'/],
    ['no resource', { resourceNames: [] }, 'INVALID_ARGUMENT', /resource_names/],
    ['an odd resource', { resourceNames: ['slipway'] }, 'INVALID_ARGUMENT', /projects\/PROJECT_ID/],
    ['another project', { resourceNames: ['projects/somebody-else'] }, 'PERMISSION_DENIED', /somebody-else/],
    ['an odd order', { orderBy: 'severity desc' }, 'INVALID_ARGUMENT', /order_by/],
    ['a negative page', { pageSize: -1 }, 'INVALID_ARGUMENT', /page_size/],
    ['a huge page', { pageSize: 1_001 }, 'INVALID_ARGUMENT', /page_size/],
  ])('list: %s', async (_name, change, status, message) => {
    const { error } = await rest('list', { resourceNames: [`projects/${cloud.project}`], ...change });
    expect(error?.status).toBe(status);
    expect(error?.message).toMatch(message);
  });

  const good = { resource: { type: 'global' }, textPayload: 'good' };
  test.each<[name: string, entry: object, message: RegExp]>([
    ['no log name', { ...good }, /entries\[1\]: Log name '' is not/],
    [
      'a log name that is not encoded',
      { ...good, logName: 'projects/p/logs/run.googleapis.com/stdout' },
      /URL-encoded/,
    ],
    ['no resource', { textPayload: 'x', logName: 'LOG' }, /monitored resource/],
    ['too large', { ...good, logName: 'LOG', textPayload: 'x'.repeat(300_000) }, /exceeds maximum size/],
  ])('write: %s refuses them all, and with partialSuccess only itself', async (name, entry, message) => {
    const own = logId(`refused-${name.replaceAll(' ', '-')}`);
    const entries = [{ ...good, logName: own }, JSON.parse(JSON.stringify(entry).replace('LOG', own)) as object];
    const list = { resourceNames: [`projects/${cloud.project}`], filter: `logName="${own}"` };
    expect((await write(entries)).error?.message).toMatch(message);
    expect(await rest('list', list)).toEqual({});
    expect((await write(entries, { partialSuccess: true, dryRun: true })).error?.message).toMatch(message);
    expect(await rest('list', list)).toEqual({});
    const partial = (await write(entries, { partialSuccess: true })).error as unknown as {
      details: { logEntryErrors: object }[];
    };
    expect(Object.keys(partial.details[0]?.logEntryErrors ?? {})).toEqual(['1']);
    expect((await rest('list', list)).entries).toHaveLength(1);
  });

  test('the client gets a bad filter as INVALID_ARGUMENT', async () => {
    await expect(logging.getEntries({ filter: 'thud="x"' })).rejects.toMatchObject({ code: 3 });
  });
});

describe('arrival', () => {
  test('an entry is visible when its delay is over, and when the delay is lowered', async () => {
    await cloud.control('PUT', 'tune', { logDelayMs: 60_000 });
    await write([{ logName: logId('late'), resource: { type: 'global' }, textPayload: 'late' }]);
    const list = { resourceNames: [`projects/${cloud.project}`], filter: 'log_id("late")' };
    expect(await rest('list', list)).toEqual({});
    await cloud.control('PUT', 'tune', { logDelayMs: 0 });
    const { entries } = await rest('list', list);
    expect(entries).toHaveLength(1);
    expect(Date.parse(entries?.[0]?.receiveTimestamp ?? '')).toBeLessThanOrEqual(Date.now());
  });

  test('tail delivers what arrives', async () => {
    const service = new v2.LoggingServiceV2Client(cloud.clientOptions());
    const stream = service.tailLogEntries();
    const seen: unknown[] = [];
    const arrived = new Promise<void>((resolve, reject) => {
      stream.on('data', (response: { entries: { textPayload: string }[] }) => {
        seen.push(...response.entries.map((entry) => entry.textPayload));
        if (seen.length >= 2) resolve();
      });
      stream.on('error', reject);
    });
    stream.write({
      resourceNames: [`projects/${cloud.project}`],
      filter: 'log_id("tailed") AND NOT "noise"',
      bufferWindow: { seconds: 0, nanos: 1 },
    });
    const writing = setInterval(() => {
      const entries = ['signal', 'noise'].map((textPayload) => ({
        logName: logId('tailed'),
        resource: { type: 'global' },
        textPayload,
      }));
      void write(entries);
    }, 40);
    await arrived;
    clearInterval(writing);
    const ended = new Promise((resolve) => stream.on('end', resolve));
    stream.end();
    await ended;
    expect(new Set(seen)).toEqual(new Set(['signal']));
    await expect
      .poll(
        () =>
          cloud
            .calls()
            .filter((call) => call.method.endsWith('/TailLogEntries'))
            .at(-1)?.code,
      )
      .toBe('OK');
  });

  test('tail refuses a bad filter', async () => {
    const stream = new v2.LoggingServiceV2Client(cloud.clientOptions()).tailLogEntries();
    const refused = new Promise((_resolve, reject) => stream.on('error', reject));
    stream.write({ resourceNames: [`projects/${cloud.project}`], filter: 'thud=1' });
    await expect(refused).rejects.toMatchObject({
      code: 3,
      message: expect.stringContaining("Field not found: 'thud'") as string,
    });
  });
});

describe('logs', () => {
  test('are listed by name and deleted', async () => {
    const name = 'odd/name here';
    await write([{ logName: logId(name), resource: { type: 'global' }, textPayload: 'x' }]);
    const [logs] = await logging.getLogs();
    expect(logs.map((log) => log.formattedName_)).toContain(logId(name));
    await logging.log(name).delete();
    expect(await rest('list', { resourceNames: [`projects/${cloud.project}`], filter: `log_id("${name}")` })).toEqual(
      {},
    );
    await expect(logging.log(name).delete()).rejects.toMatchObject({ code: 5 });
  });
});

test('entries survive a killed emulator', async () => {
  const first = await startForTest();
  const own = new Logging(first.clientOptions());
  await own.log('kept').write(own.log('kept').entry({ resource: { type: 'global' } }, 'still here'));
  const second = await restart(first);
  const again = new Logging(second.clientOptions());
  const [entries] = await again.getEntries({ filter: 'log_id("kept")' });
  expect(entries.map((entry) => entry.data as unknown)).toEqual(['still here']);
});
