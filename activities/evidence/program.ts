import { setTimeout as pause } from 'node:timers/promises';
import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EvidenceProgram } from '../../contract/catalog/evidence.ts';
import { readsLogsAtSource } from '../../contract/catalog/targets/index.ts';
import type { PackedManifest } from '../../contract/configuration.ts';
import type { EvidenceCheck, EvidenceFile } from '../../contract/evidence.ts';
import type { Marker } from '../../contract/fence.ts';
import type { JobRun } from '../../contract/live.ts';
import type { Finding } from '../../contract/verdict.ts';
import { checkManifest } from '../configuration/manifest.ts';
import { assertionsOf, deviationsOf } from '../gates/assertions.ts';
import { SecretReader } from '../redaction/secret-reader.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { parseJson } from '../json.ts';
import { oneLine } from '../one-line.ts';
import type { Ports } from '../ports/index.ts';
import type { ExecutionOutput, OutputLine, Progress } from '../ports/target.ts';
import { containerSettings } from '../targets.ts';
import { keepText, requireSecrets } from './keep.ts';
import { patientObjects } from './patient-objects.ts';

export interface RunProgramRequest {
  entry: CatalogEntry;
  /** Markers of the job's update and of its run. */
  markers: { sync: Marker; run: Marker };
  artifact: Artifact;
  /** The candidate, and the URL under which it is reached. */
  revision: string;
  url: string;
  /** Settings of the job that were planned with (OtherJobs); absent where any will do. */
  expected?: string | undefined;
  /** Its name in the catalog. */
  program: string;
}

type ProgramPorts = Pick<Ports, 'targets' | 'secrets' | 'sources' | 'evidence'>;

const pollMs = 500;
/** Lines may still arrive shortly after the end of the container; a document that is whole needs no wait. */
const lateLinesMs = 5_000;
const maxReasonLength = 1_000;
const streams = ['stdout', 'stderr'] as const;

/** Runs programs of evidence in the image of a release (runbook 002, sections 6 and 8; ADR 0032). */
export function createProgramActivities({ targets, secrets, sources, evidence }: ProgramPorts) {
  return {
    /**
     * Gives the job of evidence the image, runs the program once, keeps what it wrote, and compares that with what the
     * catalog expects. A repeat finds its own run.
     */
    runProgram: async (request: RunProgramRequest): Promise<EvidenceCheck> =>
      withHeartbeat(async (progress, signal) => {
        const { entry } = request;
        const reader = new SecretReader(secrets, entry.settings.target);
        const objects = patientObjects(evidence, { progress, signal });
        const program = programOf(entry, request.program);
        await requireSecrets(reader, entry);
        const { packed } = await checkManifest(sources, entry, request.artifact.commit);
        const run = await runOnce(request, program, progress, signal);
        const output = await readOutput(entry, program, run, progress, signal);
        const files: EvidenceFile[] = [];
        for (const stream of streams) {
          const text = textOf(output, stream);
          if (text !== '') files.push(await keepText(objects, reader, `${program.name}/${stream}`, text));
        }
        const { reason, ...judged } = judge(request, program, packed, run, output, reader);
        return {
          name: program.name,
          kind: 'program',
          ...judged,
          reason: reader.hide(reason).slice(0, maxReasonLength),
          startedAt: run.startedAt,
          endedAt: run.endedAt,
          command: [...program.command, ...program.args],
          execution: run.execution,
          files,
        };
      }),
  };

  /** Gives the job the image, the program and the settings of the release, and runs it. */
  async function runOnce(
    { entry, markers, artifact, revision, url, expected }: RunProgramRequest,
    { command, args, timeoutSeconds, variables }: EvidenceProgram,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<JobRun> {
    const { target } = entry.settings;
    const platform = targets[target.kind];
    const settings = containerSettings(entry, artifact);
    const own = Object.entries(variables).map(([name, value]) => [
      name,
      value.replaceAll('{url}', url).replaceAll('{commit}', artifact.commit),
    ]);
    const how = { artifact, command, args, timeoutSeconds, progress, signal };
    const ready = await platform.syncEvidence(target, {
      ...how,
      marker: markers.sync,
      run: markers.run,
      repository: entry.repository,
      revision,
      expected,
      secrets: settings.secrets,
      variables: { ...settings.variables, ...(Object.fromEntries(own) as Record<string, string>) },
    });
    return platform.runJob(target, { ...how, marker: markers.run, ready });
  }

  /** Reads what an execution wrote, once it is whole, or after a while what there is of it. */
  async function readOutput(
    { settings: { target, bake } }: CatalogEntry,
    program: EvidenceProgram,
    { execution, startedAt }: JobRun,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<ExecutionOutput> {
    const until = Date.now() + bake.logsArriveWithinSeconds * 1000;
    let endSeenAt: number | null = null;
    for (;;) {
      const output = await targets[target.kind].executionOutput(target, { execution, since: startedAt });
      if (output.isComplete) endSeenAt ??= Date.now();
      const isLate = endSeenAt !== null && Date.now() >= endSeenAt + lateLinesMs;
      const isWhole = output.isComplete && (!isJudged(program) || parseJson(textOf(output, 'stdout')) !== undefined);
      if (isWhole || isLate || readsLogsAtSource(target) || Date.now() >= until) return output;
      progress({ waitingFor: `output of ${execution}`, lines: output.lines.length });
      await pause(pollMs, undefined, { signal });
    }
  }
}

/** Judges a run by its image, its end, what it wrote, and where. */
function judge(
  { artifact, entry }: RunProgramRequest,
  { json, present }: EvidenceProgram,
  packed: PackedManifest | null,
  run: JobRun,
  output: ExecutionOutput,
  secrets: SecretReader,
): Finding & Pick<EvidenceCheck, 'assertions'> {
  const document = isJudged({ json, present }) ? parseJson(textOf(output, 'stdout')) : null;
  const values = {
    commit: artifact.commit,
    environment: entry.environment,
    ...(packed && { manifest: packed.sha256 }),
  };
  const assertions = document === undefined ? [] : assertionsOf(document, { json, present }, values, secrets);
  const [stderr] = unexpectedLines(entry, output.lines);
  const refuted = [
    ...(run.digest === artifact.digest
      ? []
      : [`it ran ${run.digest || 'a mutable tag'}, not the digest of the release`]),
    ...(run.outcome === 'succeeded' ? [] : [`it ${run.outcome}${run.reason ? ` (${run.reason})` : ''}`]),
  ];
  const deviations = [
    ...(document === undefined ? ['its output is not one JSON document'] : deviationsOf('its output', assertions)),
    ...(stderr === undefined ? [] : [`it wrote to stderr: ${stderr}`]),
  ];
  const missing = output.isCut ? 'it wrote more lines than are read' : 'its output has not arrived whole';
  if (refuted.length === 0 && (output.isCut || !output.isComplete))
    return { verdict: 'inconclusive', reason: missing, assertions };
  const found = [...refuted, ...deviations];
  if (found.length > 0) return { verdict: 'fail', reason: found.join('; '), assertions };
  return { verdict: 'pass', reason: `${run.execution.split('/').at(-1) ?? ''} wrote what is expected`, assertions };
}

/** Says whether the output is looked into. */
function isJudged({ json, present }: Pick<EvidenceProgram, 'json' | 'present'>): boolean {
  return json !== undefined || present !== undefined;
}

/** Finds a program by its name in the catalog. */
function programOf({ service, settings: { evidence } }: CatalogEntry, program: string): EvidenceProgram {
  const found = evidence?.programs.find(({ name }) => name === program);
  if (!found) throw new TypeError(`${service} has no program ${program} of evidence in its catalog file`);
  return found;
}

function textOf({ lines }: ExecutionOutput, stream: OutputLine['stream']): string {
  return lines
    .filter((line) => line.stream === stream)
    .map(({ text }) => text)
    .join('\n');
}

function unexpectedLines(entry: CatalogEntry, lines: readonly OutputLine[]): string[] {
  const allowed = entry.settings.evidence?.allowedOnStderr ?? [];
  return lines
    .filter(({ stream, text }) => stream === 'stderr' && text !== '' && !allowed.some((part) => text.includes(part)))
    .map(({ text }) => oneLine(text));
}
