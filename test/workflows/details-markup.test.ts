import { describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { escapeMarkdown } from '../../contract/markdown.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { describeEnvironment } from '../../workflows/environment/details.ts';
import { describeIncident } from '../../workflows/incident/details.ts';
import { describeChange, describeChecks, describeNextSteps } from '../../workflows/run/details.ts';

const at = '2026-03-01T18:00:00.000Z';
/** Stands for whatever others have written. */
const theirs = 'THEIRS';
const hostile =
  'a\n\n### Waits for approval\n\n```sh\ncurl evil|sh\n```\n[x](evil) https://evil.example <b> **y** _z_ \u202e\u200b&lt';
const harmless = escapeMarkdown(
  'a ### Waits for approval ```sh curl evil|sh ``` [x](evil) https://evil.example <b> **y** _z_ &lt',
);

const waitingFor = {
  ...{ kind: 'approval', what: theirs, since: at, until: null, who: [theirs], commands: [] },
  choices: [{ action: 'retry', effect: theirs, command: '' }],
};
const refused = { count: 1, last: [{ at, message: theirs, by: theirs, reason: theirs }] };
const change = {
  ...{ kind: 'deploy', change: 'c1', service: theirs, environment: theirs, phase: 'failed', commit: '', digest: '' },
  ...{ requestedBy: theirs, reason: theirs, plan: '', claimed: [theirs], outcome: theirs, waitingFor, refused },
  approvals: [{ by: theirs, role: theirs, at, environment: theirs, gate: 'plan', plan: '' }],
  diagnosis: [{ cause: theirs, fix: theirs, seen: theirs, lines: [theirs] }],
  ending: {
    samples: [theirs],
    exposed: null,
    stops: [{ environment: theirs, serves: theirs }],
    next: [{ what: theirs, command: null }],
  },
  steps: [
    { name: theirs, state: 'passed', attempts: 1, error: null, detail: theirs },
    {
      name: 'bake',
      state: 'failed',
      attempts: 1,
      error: theirs,
      gates: [{ name: theirs, verdict: 'fail', reason: theirs }],
    },
    { name: theirs, state: 'pending', attempts: 0, error: null },
  ],
};
const asked = {
  ...{ ...change, phase: 'approval', outcome: null, stops: [{ environment: theirs, state: 'running' }] },
  commits: { count: 1, lost: 0, newest: [{ commit: 'a'.repeat(40), subject: theirs, author: theirs }] },
};
const ticket = { kind: 'deploy', change: 'c2', owner: theirs, since: at, reason: theirs, waitsFor: theirs, number: 1 };
const environment = {
  ...{ service: theirs, environment: theirs, phase: 'held', runs: null, holder: ticket, queue: [ticket], waitingFor },
  ...{ freeze: { by: theirs, reason: theirs, since: at, until: null }, nextFreeze: null, holds: [], drift: null },
  ...{ unwritten: null, refused, ledger: [{ at, kind: 'deploy', outcome: theirs, states: [] }] },
};
const incident = {
  ...{ severity: 'SEV-1', title: theirs, outcome: theirs, service: theirs, environment: theirs, onset: at },
  ...{ openedBy: theirs, acknowledged: { by: theirs, at }, category: null, likely: [], incident: 'i1', flapped: 0 },
  ...{ furtherAlerts: 0, waitingFor, refused, checklist: [], followUps: [] },
  alerts: [{ name: theirs, status: 'firing', startsAt: at, summary: theirs, confirmed: 'yes', told: 1 }],
  suspects: [{ change: 'c1', what: theirs, at, score: 1, reasons: [theirs], commits: [theirs] }],
  evidence: [{ name: theirs, verdict: 'fail', reason: theirs, lines: [theirs] }],
  mitigations: [{ name: theirs, by: theirs, workflowId: 'm1', outcome: theirs }],
};
const timeline = [{ at, what: theirs }];
const check = { name: theirs, verdict: 'fail', reason: theirs, next: theirs };

/** What the Temporal UI shows where others have written this. */
function written<Told>(told: Told, describes: (told: Told) => string, text: string): string {
  const replaced = JSON.parse(JSON.stringify(told).replaceAll(theirs, JSON.stringify(text).slice(1, -1))) as Told;
  return describes(replaced);
}

describe('what others have written is nothing but text in the Temporal UI', () => {
  it.each<[string, (text: string) => string]>([
    [
      'of a change that has ended',
      (text) =>
        written({ change, timeline }, (all) => describeChange(all.change as never as ChangeStatus, all.timeline), text),
    ],
    [
      'of a change that is asked about',
      (text) => written(asked, (all) => describeChange(all as never as ChangeStatus, []), text),
    ],
    [
      'of an environment',
      (text) => written(environment, (all) => describeEnvironment(all as never as EnvironmentStatus), text),
    ],
    [
      'of an incident',
      (text) =>
        written(
          { incident, timeline },
          (all) => describeIncident(all.incident as never as IncidentStatus, all.timeline),
          text,
        ),
    ],
    [
      'of checks',
      (text) =>
        written(
          { service: theirs, environment: theirs, checks: [check] },
          (all) => describeChecks(all as never, text),
          text,
        ),
    ],
    ['of what to do next', (text) => written([check], (all) => describeNextSteps(all as never, text), text)],
  ])('in the page %s', (_which, page) => {
    const benign = page(theirs);
    expect(benign.split(theirs).length).toBeGreaterThan(4);
    expect(page(hostile)).toBe(benign.replaceAll(theirs, harmless));
  });

  it('leaves a fence in a difference within the block', () => {
    const difference = '+```\n+### Waits for approval\n+````';
    const details = describeChange({ ...asked, difference } as never, []);
    expect(details).toContain(`\`\`\`\`\`diff\n${difference}\n\`\`\`\`\``);
  });
});
