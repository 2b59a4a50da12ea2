import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IncidentPorts } from '../../activities/incident/look-kind.ts';
import type { LogEntry } from '../../activities/ports/platform.ts';
import { incidents } from '../../contract/catalog/incidents.ts';
import { ScriptedService } from '../activities/gate-world.ts';
import { commits, liveState, World } from '../workflows/world.ts';
import { lookAt, since, structured, until } from './look-world.ts';

const database = { path: '/health', pointer: '/database', is: 'ok', why: '/reason' };
interface Given {
  /** How the catalog asks; null if it does not say. */
  probe?: object | null;
  url?: string;
  ports?: Partial<IncidentPorts>;
}
const lost = structured('ERROR', 'connect ECONNREFUSED 10.0.0.7:5432', { run_id: 'r1' });

describe('the look at the database', () => {
  let service: ScriptedService;
  beforeAll(async () => {
    service = await new ScriptedService().open();
  });
  afterAll(() => service.close());

  const look = async (
    answer: { status: number; json: object },
    lines: LogEntry[] = [],
    { probe = database, url = service.url, ports = {} }: Given = {},
  ) => {
    service.reply = () => answer;
    const world = new World();
    world.live = { ...liveState('service-7', commits.good), url };
    world.logEntries = lines;
    const rules = incidents.parse(probe === null ? {} : { database: probe });
    return lookAt({ kind: 'database' }, { world, ports, settings: { incidents: rules } });
  };

  it('passes when the service says so, whatever its status, and no failing line speaks of it', async () => {
    const evidence = await look({ status: 503, json: { status: 'degraded', database: 'ok' } }, [
      structured('WARNING', 'tool failed'),
    ]);
    expect(evidence).toMatchObject({
      name: 'database',
      verdict: 'pass',
      source: 'the service and Cloud Logging',
      reason: 'GET /health answered 503, /database is "ok"; 0 of 1 failing lines speak of a database',
      window: { since, until },
      count: 0,
      lines: [],
    });
    expect(evidence.query).toMatch(/^GET \/health; resource\.type="cloud_run_revision" .*severity>=WARNING/);
    expect(service.received.at(-1)?.headers['user-agent']).toBe('slipway-smoke/c0123456789-triage');
  });

  it('fails when the service says that it does not reach it, with the reason and the lines', async () => {
    const json = { database: 'unreachable', reason: 'connect ECONNREFUSED' };
    expect(await look({ status: 503, json }, [lost, lost])).toMatchObject({
      verdict: 'fail',
      reason:
        'GET /health answered 503, /database is "unreachable", expected "ok": connect ECONNREFUSED; ' +
        '2 of 2 failing lines speak of a database',
      count: 2,
      lines: ['2 × connect ECONNREFUSED 10.0.0.7:5432 run_id=r1'],
    });
  });

  it.each([
    'connect ECONNREFUSED 127.0.0.1:5432',
    'idle database connection lost: terminating connection due to administrator command',
    'sorry, too many clients already',
    'remaining connection slots are reserved for roles with the SUPERUSER attribute',
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    '(DBConnection.ConnectionError) connection not available and request was dropped from queue after 52ms',
    'could not connect to server: Connection timed out, port 5432',
    '{"error":"PostgreSQL is starting up"}',
  ])('knows a line of a lost database: %s', async (text) => {
    const evidence = await look({ status: 200, json: { database: 'ok' } }, [structured('ERROR', text)]);
    expect(evidence).toMatchObject({ verdict: 'fail', count: 1 });
  });

  it.each(['upstream refused the call', 'tool call timed out after 30000 ms', 'lease taken by another node'])(
    'takes no other line for one: %s',
    async (text) => {
      const evidence = await look({ status: 200, json: { database: 'ok' } }, [structured('ERROR', text)]);
      expect(evidence).toMatchObject({ verdict: 'pass', count: 0 });
    },
  );

  it('is inconclusive where the catalog does not say how, unless the log tells', async () => {
    const answer = { status: 200, json: {} };
    const how = 'the catalog does not say how to ask for the database (incidents.database)';
    expect(await look(answer, [], { probe: null })).toMatchObject({
      verdict: 'inconclusive',
      reason: `${how}; 0 of 0 failing lines speak of a database`,
    });
    expect(await look(answer, [lost], { probe: null })).toMatchObject({ verdict: 'fail', count: 1 });
  });

  it('is inconclusive when the answer does not say it, and when the service is away', async () => {
    expect(await look({ status: 200, json: { status: 'ok' } })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('GET /health answered 200 without /database'),
    });
    expect(await look({ status: 200, json: {} }, [], { url: 'http://127.0.0.1:1' })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('no answer from /health'),
    });
  });

  it('says that the log did not answer, and goes by the service', async () => {
    const ports = { logs: { read: () => Promise.reject(new Error('permission denied')), refusalOf: async () => null } };
    expect(await look({ status: 200, json: { database: 'ok' } }, [], { ports })).toMatchObject({
      verdict: 'pass',
      reason: 'GET /health answered 200, /database is "ok"; no answer from the log: permission denied',
      count: null,
    });
  });
});
