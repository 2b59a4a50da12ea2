import { expect, it } from 'vitest';
import type { ProbeRow } from '../../activities/ports/probe.ts';
import pc from 'picocolors';
import { probeLines } from '../../client/view/probe.ts';
import type { CloudProcess } from '../emulator/cloud.ts';
import { withCloud } from '../emulator/stage.ts';
import { runSlipway, spawnSlipway } from './run-slipway.ts';

let cloud: CloudProcess;
withCloud(
  (started) => {
    cloud = started;
  },
  { tempo: { operationMs: 10 } },
);

const words = (): string[] => ['probe', '--project', cloud.project, '--region', cloud.region];
const variables = (): Record<string, string> => ({
  SLIPWAY_CLOUD_GRPC: `127.0.0.1:${cloud.grpcPort}`,
  SLIPWAY_CLOUD_HTTP: `http://127.0.0.1:${cloud.httpPort}`,
});

const created = (): number => cloud.calls().filter(({ effect }) => effect === 'created').length;

/** What a probe has made and not removed, by the calls that the emulator has seen. */
const left = (): string[] => {
  const of = (effect: string) =>
    cloud.calls().flatMap((call) => (call.effect === effect && call.resource ? [call.resource] : []));
  return of('created').filter((name) => !of('deleted').includes(name));
};

/** Starts a probe as a person does, and waits until it has made something. */
async function startProbe() {
  const before = created();
  const running = spawnSlipway([...words(), '--yes'], variables());
  await expect.poll(created, { timeout: 20_000, interval: 50 }).toBeGreaterThan(before);
  return { running };
}

it('what a killed probe has left the next one removes, as it does with its own at SIGTERM and Ctrl-C', async () => {
  const { running: killed } = await startProbe();
  killed.kill('SIGKILL');
  await killed;
  expect(left()).toHaveLength(1);

  const { running: second } = await startProbe();
  second.kill('SIGTERM');
  const { stderr, stdout, exitCode } = await second;
  expect(stderr).toMatch(/removed job slipway-probe-\w+ of .*, which an earlier probe had left/);
  expect(stderr).toContain('one Cloud Run service and one job');
  expect(stderr).toContain('a few cents at most');
  expect(stdout).toContain('all that the probe made is removed');
  expect([exitCode, left()]).toEqual([130, []]);

  const { running: third } = await startProbe();
  third.kill('SIGINT');
  expect([(await third).exitCode, left()]).toEqual([130, []]);
}, 60_000);

it('what a killed probe has left is removed by --clean, and another time there is nothing', async () => {
  const { running: killed } = await startProbe();
  killed.kill('SIGKILL');
  await killed;
  const cleaned = await runSlipway([...words(), '--clean', '--json'], variables());
  expect(JSON.parse(cleaned.stdout)).toMatchObject({ removed: [expect.stringMatching(/^job slipway-probe-/)] });
  expect(left()).toEqual([]);
  const again = await runSlipway([...words(), '--clean'], variables());
  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing of a probe is left') });
}, 60_000);

it('without a sandbox a probe has to know the project', async () => {
  const { exitCode, stderr } = await runSlipway(['probe', '--dir', '/nonexistent', '--project', 'example-project']);
  expect(exitCode).toBe(5);
  expect(stderr).toContain('no sandbox');
});

it('the table has each question with its answer, and says what follows where they differ', () => {
  const row = (id: string, rest: Partial<ProbeRow>): ProbeRow => ({
    id,
    question: `is ${id} so?`,
    answer: 'yes',
    detail: '',
    assumed: ['yes', 'perhaps'],
    verdict: 'same',
    otherwise: `${id} goes wrong`,
    ...rest,
  });
  const rows = [
    row('one', {}),
    row('two', { answer: 'no', verdict: 'different', detail: 'after 9 s\u001b[2J' }),
    row('three', { answer: null, verdict: 'unknown', detail: 'PERMISSION_DENIED' }),
    row('four', { assumed: [] }),
  ];
  const shown = { colors: pc.createColors(false), columns: null };
  expect(probeLines({ rows, isComplete: true, left: [] }, shown)).toEqual([
    'question      answer  Slipway assumes',
    'is one so?    yes     yes, or perhaps  same',
    'is two so?    no      yes, or perhaps  DIFFERENT',
    'is three so?  -       yes, or perhaps  unknown',
    'is four so?   yes     nothing          same',
    '',
    'two: two goes wrong (after 9 s)',
    'three: no answer, PERMISSION_DENIED',
    '',
    'all that the probe made is removed',
  ]);
  expect(probeLines({ rows: [], isComplete: false, left: ['job a: denied'] }, shown).slice(-3)).toEqual([
    'interrupted: these are not all questions',
    'not removed; ./slipway probe --clean tries again:',
    '  job a: denied',
  ]);
});
