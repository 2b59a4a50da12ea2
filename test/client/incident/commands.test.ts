import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStubServer, type StubServer } from '../stub-server.ts';

const place = ['shop', '--environment', 'production'];
const run = 'incident/shop/production/no-run-starts';
const followUp = ['--text', 'alert on tail timeouts', '--owner', 'team-a', '--due', '2999-03-08'];

describe('./slipway incident against a run', () => {
  let server: StubServer;
  let folder: string;
  beforeAll(async () => {
    server = await startStubServer();
    folder = await mkdtemp(join(tmpdir(), 'slipway-incident-'));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('takes follow-ups and writes reports while it is open, and says what to do once it is closed', async () => {
    await server.working(async () => {
      await server.slipway('incident', 'open', ...place, '--title', 'no run starts');
      expect(await server.slipway('incident', 'follow-up', run, ...followUp)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('"owner":"team-a","dueAt":"2999-03-08"'),
      });
      expect((await server.slipway('incident', 'follow-up', run, '--done', '2')).stdout).toContain('"done":2');
      expect(await server.slipway('incident', 'follow-up', run, '--text', 'x')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('give text, owner and dueAt'),
      });
      expect((await server.slipway('incident', 'report', run)).stdout).toMatch(/^# SEV-1 .*\n\n\*\*open since/);

      await server.slipway('incident', 'resolve', run);
      const late = await server.slipway('incident', 'follow-up', run, ...followUp);
      expect(late.exitCode).toBe(4);
      expect(late.stderr).toMatch(/refused: incident\/shop\/production\/no-run-starts is closed since 2/);
      expect(late.stderr).toContain('keep it where your team keeps its work');
      expect(late.stderr).toContain(`./slipway incident report ${run}`);
      expect((await server.slipway('incident', 'show', run)).stdout).toContain(`./slipway incident report ${run}`);

      const files = { markdown: join(folder, 'incident.md'), html: join(folder, 'incident.html') };
      const written = await server.slipway(
        ...['incident', 'report', run, '--markdown', files.markdown, '--html', files.html],
      );
      expect(written).toMatchObject({ exitCode: 0, stdout: `written: ${files.markdown}\nwritten: ${files.html}` });
      expect(await readFile(files.markdown, 'utf8')).toContain('**resolved after');
      expect(await readFile(files.html, 'utf8')).toMatch(/^<!doctype html>/);
      expect(await server.json('incident', 'report', run)).toMatchObject({
        files: [],
        times: expect.arrayContaining([expect.objectContaining({ name: 'resolved', how: 'the end of the run' })]),
      });
    });
  });

  it('opens one incident where somebody opens it twice', async () => {
    const open = async () => server.slipway('incident', 'open', ...place, '--title', 'the queue is full');
    expect((await open()).exitCode).toBe(0);
    expect(await open()).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('a run with the id incident/shop/production/the-queue-is-full exists already'),
    });
  });

  it('says why there is no report', async () => {
    await server.working(async () => {
      const { workflowId } = (await server.json('deploy', ...place, '--commit', 'a'.repeat(40))) as {
        workflowId: string;
      };
      expect(await server.slipway('incident', 'report', workflowId)).toMatchObject({
        exitCode: 5,
        stderr: expect.stringContaining('is no incident but a run of deploy'),
      });
      const nowhere = join(folder, 'nowhere', 'incident.html');
      expect(await server.slipway('incident', 'report', run, '--html', nowhere)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('name a file in a folder that exists'),
      });
    });
    expect(await server.slipway('incident', 'report', run)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('./slipway worker'),
    });
  });
});
