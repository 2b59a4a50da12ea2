import type { VerifiedEvidence, VerifiedFile } from '../../activities/evidence/verify.ts';
import { describePacked } from '../../contract/configuration.ts';
import type { EvidenceCheck } from '../../contract/evidence.ts';
import { countOf, shortHash } from '../../contract/plan.ts';
import type { Block, Item, Report, Section } from './blocks.ts';
import { betweenText, utcText } from './durations.ts';

/** Where the release went. */
interface Place {
  service: string;
  environment: string;
}

const marks = { pass: '✓', fail: '✗', inconclusive: '?' };
const states = { unchanged: 'has this hash', altered: 'was altered', missing: 'is missing' };

/** Makes the page for auditors: what was checked before users got a release, and whether it is what was kept. */
export function evidencePage({ service, environment }: Place, verified: VerifiedEvidence, madeAt: string): Report {
  const { entry, hash, manifest, files, problems } = verified;
  const [first, ...others] = problems;
  return {
    badge: first === undefined ? (manifest?.verdict ?? 'fail') : 'altered',
    title: `Evidence of ${service} in ${environment}`,
    headline:
      first === undefined
        ? `every hash is right: ${countOf(files.length, 'file')}, the manifest and the ledger`
        : `this is not what was kept: ${first}${others.length > 0 ? `, and ${others.length} more` : ''}`,
    facts: [
      ['change', `${entry.change} (${entry.kind}), ${entry.outcome}`],
      ['asked for by', `${entry.by}${entry.reason ? `: ${entry.reason}` : ''}`],
      ['approved by', entry.approvals.map(({ by, role }) => `${by} as ${role}`).join(', ') || 'nobody had to'],
      ['commit', entry.commit],
      ['image', entry.digest],
      ...(manifest?.packed ? [['packed manifest', describePacked(manifest.packed)] as [string, string]] : []),
      ['revision', manifest?.revision ?? entry.revision ?? 'none'],
      ['plan', entry.plan],
      ['gathered', manifest ? `${utcText(manifest.madeAt)}, attempt ${manifest.attempt}` : 'not known'],
      ['in the ledger', `${utcText(entry.at)}, holder number ${entry.number}, entry ${shortHash(entry.hash)}`],
    ],
    sections: [
      { title: 'Verification', blocks: verification(verified) },
      ...(manifest ? [{ title: 'Checks', blocks: [checksBlock(manifest.checks)] }] : []),
      ...(manifest?.checks ?? []).filter(({ assertions }) => assertions.length > 0).map(assertionSection),
      ...files.map(fileSection),
    ],
    madeAt,
    from: { kind: 'manifest', name: hash, link: null },
  };
}

function verification({ files, problems }: VerifiedEvidence): Block[] {
  const found: Block =
    problems.length === 0
      ? { kind: 'text', text: 'Each hash was computed anew, and is the one that was recorded.' }
      : {
          kind: 'list',
          items: problems.map((problem): Item => ({ mark: '✗', title: 'not as it was kept', text: problem })),
        };
  if (files.length === 0) return [found];
  const rows = files.map(({ name, sha256, bytes, state }) => [name, states[state], sha256, String(bytes)]);
  return [found, { kind: 'table', columns: ['file', 'its content', 'SHA-256', 'bytes'], rows }];
}

function checksBlock(checks: readonly EvidenceCheck[]): Block {
  const items = checks.map(({ name, kind, verdict, reason, command, execution, startedAt, endedAt, files }): Item => {
    const ran = execution === undefined ? [] : [`execution ${execution}`];
    const when = `${utcText(startedAt)}, ${betweenText(startedAt, endedAt)}`;
    return {
      mark: marks[verdict],
      title: `${name} (${kind})`,
      text: reason,
      below: [...ran, when, ...files.map((file) => `kept as ${file.name}, ${shortHash(file.sha256)}`)],
      ...(command && { code: command.join(' ') }),
    };
  });
  return { kind: 'list', items };
}

function assertionSection({ name, assertions }: EvidenceCheck): Section {
  const rows = assertions.map(({ at, expected, found, holds }) => [
    at,
    found,
    expected,
    holds ? 'holds' : 'does not hold',
  ]);
  return {
    title: `Assertions of ${name}`,
    blocks: [{ kind: 'table', columns: ['at', 'found', 'expected', 'so it'], rows }],
  };
}

function fileSection({ name, state, text }: VerifiedFile): Section {
  const block: Block = text === null ? { kind: 'text', text: `It ${states[state]}.` } : { kind: 'lines', text };
  return { title: name, blocks: [block] };
}
