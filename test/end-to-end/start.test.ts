import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { readSandbox } from '../../sandbox/description.ts';
import { monitoringIsMissing } from './monitoring.ts';

const program = path.join(import.meta.dirname, '..', '..', 'slipway');

it.each([
  ['Cloud Run', []],
  ['a cluster', ['--with', 'kubernetes']],
])(
  'one command releases the sample to %s, proves it from outside, and leaves nothing running',
  async (_platform, parts) => {
    const dir = await mkdtemp(path.join(tmpdir(), 'slipway-start-test-'));
    try {
      const { exitCode, stdout, stderr } = await execa(program, ['start', '--dir', dir, ...parts], {
        env: { CI: 'true' },
        reject: false,
      });
      const said = `${stdout}\n${stderr}`;
      expect(exitCode, said).toBe(0);
      expect(said).toMatch(/the worker is starting\n/);
      expect(said).not.toContain('no worker answers');
      expect(said).toMatch(/done released commit [0-9a-f]{12} as revision openagents-runtime-/);
      expect(said).toMatch(/released http\S+ answers with [0-9a-f]{40}; \S+ and \S+ exist/);
      expect(await readSandbox(dir)).toBeUndefined();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
  300_000,
);

// It takes more than two minutes, so `SLIPWAY_LONG=1` asks for it.
it.skipIf(process.env['SLIPWAY_LONG'] === undefined || (await monitoringIsMissing()) !== undefined)(
  'one command shows an incident from its alert to its report, with the times, and leaves nothing running',
  async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'slipway-start-test-'));
    try {
      const { exitCode, stdout, stderr } = await execa(program, ['start', '--with', 'incident', '--dir', dir], {
        env: { CI: 'true' },
        reject: false,
      });
      const said = `${stdout}\n${stderr}`;
      expect(exitCode, said).toBe(0);
      expect(said).toMatch(
        /the incident proposes to roll back: deploy of commit [0-9a-f]{12} by developer@example\.com/,
      );
      expect(said).toMatch(/back http\S+ answers with [0-9a-f]{40}, which is known to be good/);
      for (const figure of ['incident', 'evidence complete', 'acknowledged', 'mitigated', 'resolved'])
        expect(said).toMatch(new RegExp(`alert → ${figure} +\\d`));
      const [page = '', markdown = ''] = [...said.matchAll(/^ +report +(\S+)$/gm)].map(([, file]) => file ?? '');
      expect(await readFile(page, 'utf8')).toContain('</html>');
      expect(await readFile(markdown, 'utf8')).toContain('OpenAgentsRuntimeToolFailureRatioHigh');
      expect(await readSandbox(dir)).toBeUndefined();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
  600_000,
);
