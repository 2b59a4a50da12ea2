import type { EvidenceCheck } from '../../../contract/evidence.ts';
import { shortHash } from '../../../contract/plan.ts';
import type { Candidate } from '../../../contract/live.ts';
import { following } from '../../run/activities.ts';
import type { Parts } from '../change.ts';
import { runGates } from './gates.ts';

type EvidencedChange = Parts<'run' | 'entry' | 'plan' | 'lease' | 'evidence'>;

/**
 * Gathers the evidence of a release, where the catalog wants it, before users get it (runbook 002, sections 6 and 8): a
 * program after the other in its image, then the candidate itself. A no ends the release as that of any gate.
 */
export async function gatherEvidence(change: EvidencedChange, candidate: Candidate): Promise<void> {
  const { run, entry } = change;
  if (!entry.settings.evidence) return;
  run.record.enter('smoke');
  await runGates(change, 'evidence', 'the evidence', async (attempt) => {
    const programs = await runPrograms(change, candidate, attempt);
    const { manifest, ...report } = await seal(change, candidate, attempt, programs);
    change.evidence.add(manifest);
    run.record.note(`evidence: kept as ${shortHash(manifest)}`);
    return report;
  });
}

async function runPrograms(
  { entry, plan, lease }: EvidencedChange,
  { revision, url }: Candidate,
  attempt: number,
): Promise<EvidenceCheck[]> {
  const { artifact, snapshot } = plan;
  const checks: EvidenceCheck[] = [];
  for (const [index, { name: program }] of (entry.settings.evidence?.programs ?? []).entries()) {
    const step = `evidence-${index + 1}`;
    const markers = { sync: lease.marker(step, attempt), run: lease.marker(step, attempt) };
    const request = { entry, markers, artifact, revision, url, program, expected: snapshot.live.jobs?.evidence };
    checks.push(await following(`run ${program} in the image`).runProgram(request));
  }
  return checks;
}

function seal(
  { run, entry, plan }: EvidencedChange,
  { revision, url }: Candidate,
  attempt: number,
  programs: EvidenceCheck[],
) {
  return following('check the candidate, keep the evidence').sealEvidence({
    entry,
    artifact: plan.artifact,
    change: run.id,
    plan: plan.hash,
    revision,
    url,
    since: plan.snapshot.takenAt,
    attempt,
    attemptKey: `evidence${attempt}`,
    programs,
  });
}
