import { stderrSearch } from '../../contract/catalog/targets/index.ts';
import type { GateContext, GateFinding } from '../gates/gate.ts';
import { hideCredentials } from '../redaction/credentials.ts';
import { ownRequestArrives } from '../gates/request-log.ts';

const maxEntries = 200;
const maxSamples = 5;

/**
 * Looks at what the candidate has written to stderr, which is for fatal errors only (runbook 002, section 8). It counts
 * as nothing only once our own request stands in the log (ADR 0009).
 */
export async function checkStderr(filter: string, since: string, context: GateContext): Promise<GateFinding> {
  const { entry, ports, revision } = context;
  const beganAt = new Date().toISOString();
  const arrived = await ownRequestArrives(beganAt, context);
  const entries = await ports.logs.read(entry.settings.target, { filter, since, until: null }, maxEntries);
  const allowed = entry.settings.evidence?.allowedOnStderr ?? [];
  const lines = entries
    .map(({ text }) => hideCredentials(text))
    .filter((line) => !allowed.some((part) => line.includes(part)));
  context.keep?.('stderr', { file: { name: 'lines', text: lines.toReversed().join('\n') } });
  if (lines.length > 0)
    return {
      verdict: 'fail',
      reason: `${revision ?? 'the candidate'} wrote to stderr: ${lines.at(-1) ?? ''}`,
      samples: lines.slice(0, maxSamples),
    };
  if (arrived.verdict !== 'pass') return arrived;
  return { verdict: 'pass', reason: `${revision ?? 'the candidate'} has written nothing to stderr` };
}

/** Makes the filter for the candidate's stderr; null where there is no candidate, or its streams are one log. */
export function stderrFilter({ entry, revision }: Pick<GateContext, 'entry' | 'revision'>): string | null {
  return revision === null ? null : stderrSearch(entry.settings.target, revision);
}
