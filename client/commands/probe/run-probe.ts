import { once } from 'node:events';
import type { Leftover, Probe, ProbeResult } from '../../../activities/ports/probe.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { cleanLine } from '../../cli/text.ts';
import { openProbe } from '../../local/open-probe.ts';
import { probedCloud } from '../../local/probed-cloud.ts';
import { isConfirmed } from '../../requests/confirm.ts';
import { probeLines } from '../../view/probe.ts';
import { momentText } from '../../view/time.ts';
import { writeText } from '../write-report.ts';
import type { ProbeFlags } from './probe.ts';

/** Asks the platform all questions, or removes what earlier probes have left. */
export async function runProbe(session: Session, options: ProbeFlags): Promise<ExitCode> {
  const cloud = await probedCloud(session, options);
  const { image, jobImage } = options;
  const probe = await openProbe(cloud, {
    ...(image !== undefined && { service: image }),
    ...(jobImage !== undefined && { job: jobImage }),
  });
  const where = `${cloud.isSandbox ? 'the sandbox' : 'Google Cloud'}, ${probe.platform}`;
  try {
    if (options.clean) return await clean(session, probe, where);
    return await ask(session, probe, where, options);
  } finally {
    await probe.close();
  }
}

async function clean({ output }: Session, probe: Probe, where: string): Promise<ExitCode> {
  const found = await said(() => probe.findLeftovers());
  for (const leftover of found) {
    await said(() => leftover.remove());
    output.line(`removed ${describe(leftover)}`);
  }
  output.result({ where, removed: found.map(({ what }) => what) });
  if (found.length === 0) output.line(`nothing of a probe is left in ${where}`);
  return exitCodes.ok;
}

async function ask(session: Session, probe: Probe, where: string, { yes, file }: ProbeFlags): Promise<ExitCode> {
  const { output } = session;
  await removeAbandoned(session, probe);
  output.note(`${where}: this makes`);
  for (const line of probe.plan) output.note(`  ${line}`);
  if (!(await isConfirmed(session, 'make all that, and remove it again?', yes))) return exitCodes.failed;
  const result = await askPlatform(session, probe);
  const report = { where, at: new Date().toISOString(), ...result };
  output.result(report);
  if (file !== undefined) await writeText(file, `${JSON.stringify(report, null, 2)}\n`);
  for (const line of probeLines(result, output)) output.line(line);
  if (result.left.length > 0) return exitCodes.failed;
  return result.isComplete ? exitCodes.ok : exitCodes.interrupted;
}

/** Asks until Ctrl-C, or what stops a service. What was made is removed in any case. */
async function askPlatform({ output, interrupted }: Session, probe: Probe): Promise<ProbeResult> {
  const stop = new AbortController();
  const end = new AbortController();
  const onStop = (): void => {
    if (!stop.signal.aborted)
      output.trace('removing what the probe has made; Ctrl-C once more leaves it for the next probe');
    stop.abort(new Error('interrupted'));
  };
  interrupted.addEventListener('abort', onStop);
  if (interrupted.aborted) onStop();
  once(process, 'SIGTERM', { signal: end.signal }).then(onStop, () => undefined);
  let count = 0;
  try {
    return await said(() =>
      probe.run({
        signal: stop.signal,
        tell: ({ question, answer }) => {
          count += 1;
          output.progress(cleanLine(`${count} of ${probe.questions}: ${question} ${answer ?? 'no answer'}`), true);
        },
      }),
    );
  } finally {
    interrupted.removeEventListener('abort', onStop);
    end.abort();
  }
}

/** Removes what a killed probe has left. What may be of one that still runs is only named. */
async function removeAbandoned({ output }: Session, probe: Probe): Promise<void> {
  const found = await probe.findLeftovers().catch((error: unknown) => {
    output.note(`what earlier probes have left could not be looked for: ${messageOf(error)}`);
    return [];
  });
  for (const leftover of found) {
    if (!leftover.isAbandoned) {
      const how = 'if no probe runs, remove it with ./slipway probe --clean';
      output.note(`${describe(leftover)} may be of a probe that still runs; ${how}`);
      continue;
    }
    await said(() => leftover.remove());
    output.note(`removed ${describe(leftover)}, which an earlier probe had left`);
  }
}

function describe({ what, createdAt }: Leftover): string {
  return cleanLine(`${what} of ${momentText(createdAt)}`);
}

/** Says a failure of the platform as one of the command. */
async function said<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw CommandError.failed(messageOf(error), ['to remove what is left: ./slipway probe --clean']);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
