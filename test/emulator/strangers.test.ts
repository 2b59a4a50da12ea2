import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type CloudProcess } from './cloud.ts';

describe('the emulator and strangers', () => {
  let cloud: CloudProcess;
  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(async () => cloud?.stop());

  /** Node's fetch sets some of these headers itself, so the request is made below it. */
  const statusOf = (method: string, path: string, headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { httpPort: port } = cloud;
      const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.once('error', reject);
      sent.end(method === 'GET' ? undefined : '{"method": "x", "kind": "hang"}');
    });

  it.each<{ from: string; headers: Record<string, string>; status: number }>([
    { from: 'a page of a stranger', headers: { origin: 'https://attacker.example' }, status: 403 },
    { from: 'a page without an origin of its own', headers: { origin: 'null' }, status: 403 },
    { from: 'a page of another port here', headers: { 'sec-fetch-site': 'same-site' }, status: 403 },
    { from: 'an image of a page', headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
    { from: 'a name that points here', headers: { host: 'attacker.example' }, status: 421 },
    { from: 'a name that begins like this machine', headers: { host: '127.0.0.1.attacker.example' }, status: 421 },
  ])('refuses $from, whatever it asks', async ({ headers, status }) => {
    expect(await statusOf('POST', '/sandbox/faults', headers)).toBe(status);
    expect(await statusOf('GET', '/sandbox/health', headers)).toBe(status);
    expect(await statusOf('POST', `/v2/${cloud.parent}/services?serviceId=s`, headers)).toBe(status);
    expect(await statusOf('GET', '/storage/v1/b?project=p', headers)).toBe(status);
    expect(await cloud.control('GET', 'faults')).toEqual({ faults: [] });
    expect(cloud.calls()).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost', '[::1]'])('answers a program that calls it %s', async (name) => {
    expect(await statusOf('GET', '/sandbox/health', { host: `${name}:${cloud.httpPort}` })).toBe(200);
  });
});
