import { queryNames } from '../../contract/messages.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { shortMethod, type Call } from './call-log.ts';
import type { Estate } from './estate.ts';
import type { TestSandbox } from './sandbox.ts';

/** Time is ten times as quick here: a minute of the platform's quotas, operations, bakes. */
const hurry = 10;

/** What Google Cloud grants a new project, in calls a minute. */
const granted = { 'run-reads': 600, 'run-writes': 30, 'log-reads': 60 };

export interface ManyDeploys {
  outcomes: string[];
  /** What happened in each of them. */
  timelines: string[][];
  /** Calls of one deploy that were answered, on average. */
  perDeploy: { runReads: number; runWrites: number; logReads: number };
  refused: number;
  seconds: number;
}

/** Deploys so many services of one project at once, under the part of its quotas that twenty would share. */
export async function deployMany(
  sandbox: TestSandbox,
  count: number,
  { bakeSeconds, part = 1 }: { bakeSeconds: number; part?: number },
): Promise<ManyDeploys> {
  const of = (calls: number) => Math.round(calls * part);
  const estates: Estate[] = [];
  for (let index = 0; index < count; index += 1)
    estates.push(
      await sandbox.estate({
        name: `many-${index}`,
        place: (place) => {
          Object.assign(place.bake ?? {}, { seconds: bakeSeconds, everySeconds: 1, logsArriveWithinSeconds: 60 });
          const [gate] = place.logs ?? [];
          if (gate) place.logs = [gate, { ...gate, name: 'warnings', filter: `${gate.filter} AND severity>=CRITICAL` }];
          Object.assign(place.target, {
            quotas: {
              runReadsPerMinute: of(granted['run-reads']) * hurry,
              runWritesPerMinute: of(granted['run-writes']) * hurry,
              logReadsPerMinute: of(granted['log-reads']) * hurry,
            },
          });
        },
      }),
    );
  await estates[0]?.image('good');
  await sandbox.control.tune({ operationMs: 1_200 });
  const quotas = Object.entries(granted).map(([name, calls]) => [name, of(calls)] as const);
  await sandbox.control.setQuotas({ ...Object.fromEntries(quotas), minuteMs: 60_000 / hurry });
  const before = (await sandbox.calls()).length;
  const began = Date.now();
  const ended = await Promise.all(
    estates.map(async (estate) => {
      const run = await sandbox.runs.start('deploy', estate.input('good'));
      await run.result();
      const timeline = await run.query<TimelineEntry[]>(queryNames.timeline);
      const { outcome } = await sandbox.runs.status(run);
      return { outcome: outcome ?? '', timeline: timeline.map(({ what }) => what) };
    }),
  );
  const seconds = (Date.now() - began) / 1_000;
  const calls = (await sandbox.calls()).slice(before);
  await sandbox.control.setQuotas({ 'run-reads': null, 'run-writes': null, 'log-reads': null, minuteMs: 60_000 });
  await Promise.all(estates.map((estate) => estate.remove()));
  const answered = calls.filter((call) => !isRefused(call)).map(shortMethod);
  const perDeploy = (which: RegExp) => answered.filter((method) => which.test(method)).length / count;
  return {
    outcomes: ended.map(({ outcome }) => outcome),
    timelines: ended.map(({ timeline }) => timeline),
    perDeploy: {
      runReads: perDeploy(/^(v2\.)?(Services|Revisions|Jobs|Executions|Tasks)\/(Get|List|Test)/),
      runWrites: perDeploy(/^(v2\.)?(Services|Jobs)\/(Create|Update|Delete|Run)/),
      logReads: perDeploy(/ListLogEntries$/),
    },
    refused: calls.length - answered.length,
    seconds,
  };
}

function isRefused({ code }: Call): boolean {
  return code === 'RESOURCE_EXHAUSTED';
}
