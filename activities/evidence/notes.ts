import { describePacked } from '../../contract/configuration.ts';
import type { EvidenceCheck, EvidenceManifest } from '../../contract/evidence.ts';
import { codeSpan, escapeMarkdown } from '../../contract/markdown.ts';
import { countOf } from '../../contract/plan.ts';
import { oneLine } from '../one-line.ts';

/** Writes the section of the release notes: which switches were on, and what was checked (runbook 002, section 3). */
export function releaseNotes(manifest: Omit<EvidenceManifest, 'notes'>): string {
  const { service, environment, commit, digest, revision, change, packed, verdict, checks } = manifest;
  const passed = checks.filter((check) => check.verdict === 'pass').length;
  const lines = [
    `## Evidence of ${text(service)} in ${text(environment)}`,
    '',
    `- commit ${codeSpan(commit)}, image ${codeSpan(digest)}`,
    `- revision ${codeSpan(revision)}, change ${codeSpan(change)}`,
    ...(packed ? [`- packed manifest ${codeSpan(describePacked(packed))}`] : []),
    `- ${verdict}: ${passed} of ${countOf(checks.length, 'check')} passed`,
    '',
    '| check | verdict | what was found |',
    '| --- | --- | --- |',
    ...checks.map(({ name, kind, verdict: each, reason }) => `| ${text(name)} (${kind}) | ${each} | ${text(reason)} |`),
    ...checks.filter(({ assertions }) => assertions.length > 0).flatMap(section),
  ];
  return `${lines.join('\n')}\n`;
}

function section({ name, assertions }: EvidenceCheck): string[] {
  return [
    '',
    `### ${text(name)}`,
    '',
    ...assertions.map(({ at, expected, found, holds }) => {
      const deviation = holds ? '' : `, expected ${codeSpan(oneLine(expected))}`;
      return `- ${codeSpan(oneLine(at))} is ${codeSpan(oneLine(found))}${deviation}`;
    }),
  ];
}

function text(outside: string): string {
  return escapeMarkdown(oneLine(outside));
}
