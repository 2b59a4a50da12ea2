import { canonicalJson } from '../../catalog/canonical-json.ts';
import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { GateResult } from '../../contract/catalog/gates.ts';
import type { PackedManifest } from '../../contract/configuration.ts';
import type { EvidenceCheck, EvidenceManifest } from '../../contract/evidence.ts';
import { verdictOf } from '../../contract/verdict.ts';
import { checkManifest } from '../configuration/manifest.ts';
import type { GateReport } from '../gates/activities.ts';
import type { GateContext, GatePorts, Seen } from '../gates/gate.ts';
import { checkGates, observe } from '../gates/index.ts';
import { withGateContext } from '../gates/gate-context.ts';
import type { EvidenceObjects, Ports } from '../ports/index.ts';
import { keepText, requireSecrets } from './keep.ts';
import { releaseNotes } from './notes.ts';
import { patientObjects } from './patient-objects.ts';
import { checkStderr, stderrFilter } from './stderr.ts';

export interface SealRequest {
  entry: CatalogEntry;
  artifact: Artifact;
  change: string;
  /** Hash of the plan. */
  plan: string;
  /** The candidate, its URL, and the time before it was staged (RFC 3339). */
  revision: string;
  url: string;
  since: string;
  attempt: number;
  attemptKey: string;
  /** What the programs have shown. */
  programs: EvidenceCheck[];
}

export interface SealReport extends GateReport {
  /** Hash of the manifest. */
  manifest: string;
}

type SealPorts = GatePorts & Pick<Ports, 'evidence' | 'sources'>;

/** Makes the activity that completes and seals the evidence of a release (ADR 0032). */
export function createSealActivities(ports: SealPorts) {
  return {
    /** Checks the candidate, and keeps a manifest of everything that was seen. */
    sealEvidence: async (request: SealRequest): Promise<SealReport> => {
      const { entry, artifact, change, revision, url, attemptKey } = request;
      const seen = new SeenByGates();
      const subject = {
        entry,
        artifact,
        change,
        attemptKey,
        url,
        revision,
        previous: null,
        shiftedAt: null,
        outputs: {},
      };
      return withGateContext(ports, subject, async (gateContext) => {
        const context: GateContext = { ...gateContext, keep: (gate, what) => seen.add(gate, what) };
        const objects = patientObjects(ports.evidence, context);
        await requireSecrets(context.secrets, entry);
        const { packed } = await checkManifest(ports.sources, entry, artifact.commit);
        const results = await checkGates(entry.settings.evidence?.gates ?? [], context);
        const filter = stderrFilter(context);
        if (filter !== null)
          results.push(await observe('stderr', 'stderr', context, () => checkStderr(filter, request.since, context)));
        const checks = [...request.programs, ...(await seen.checksOf(results, objects, context))];
        const gates = [...request.programs.map(resultOf), ...results];
        const verdict = verdictOf(gates);
        const manifest = await keepManifest(request, { packed, checks, verdict }, objects, context);
        return { verdict, gates, leftOut: [], manifest };
      });
    },
  };
}

/** Collects what gates saw, by their names. */
class SeenByGates {
  private readonly seen = new Map<string, Seen[]>();

  add(gate: string, what: Seen): void {
    this.seen.set(gate, [...(this.seen.get(gate) ?? []), what]);
  }

  /** Keeps what was seen, and answers a check for each result. */
  async checksOf(
    results: readonly GateResult[],
    objects: EvidenceObjects,
    { secrets }: GateContext,
  ): Promise<EvidenceCheck[]> {
    const checks: EvidenceCheck[] = [];
    for (const { name, kind, verdict, reason, startedAt, endedAt } of results) {
      const seen = this.seen.get(name) ?? [];
      const files = [];
      for (const { file } of seen)
        if (file && file.text !== '') files.push(await keepText(objects, secrets, `${name}/${file.name}`, file.text));
      const assertions = seen.flatMap((one) => one.assertions ?? []);
      checks.push({ name, kind, verdict, reason, startedAt, endedAt, assertions, files });
    }
    return checks;
  }
}

async function keepManifest(
  { entry, artifact, change, plan, revision, attempt }: SealRequest,
  { packed, checks, verdict }: Pick<EvidenceManifest, 'checks' | 'verdict'> & { packed: PackedManifest | null },
  objects: EvidenceObjects,
  { secrets }: GateContext,
): Promise<string> {
  const { service, environment, hash: catalog } = entry;
  const { commit, image, digest } = artifact;
  const content: Omit<EvidenceManifest, 'notes'> = {
    version: 1,
    service,
    environment,
    change,
    attempt,
    commit,
    image,
    digest,
    revision,
    plan,
    catalog,
    ...(packed && { packed }),
    madeAt: new Date().toISOString(),
    verdict,
    checks,
  };
  const notes = await keepText(objects, secrets, 'release-notes.md', releaseNotes(content));
  const manifest: EvidenceManifest = { ...content, notes: { ...notes, mediaType: 'text/markdown' } };
  return objects.keep(canonicalJson(manifest));
}

function resultOf({ name, kind, verdict, reason, startedAt, endedAt }: EvidenceCheck): GateResult {
  return { name, kind, verdict, reason, samples: [], startedAt, endedAt };
}
