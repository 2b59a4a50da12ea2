import { execFileSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { incidentLines, type IncidentRun } from '../../../client/view/incident.ts';
import { hostile } from './hostile.ts';
import { afterIt, closedIncident, duringIt, openIncident } from './sample.ts';

const show = (run: IncidentRun, columns: number | null, now = duringIt) =>
  incidentLines(run, pc.createColors(true), now, columns).map((line) => stripVTControlCharacters(line));
const ackCommand =
  './slipway incident ack incident/openagents-runtime/production/stream-completion --by release-owner@example.com';

describe('an incident on a terminal of 80 columns', () => {
  const lines = show(openIncident, 80);

  it('answers in its first ten lines what is broken, since when, who is on it, what changed, what to do', () => {
    const top = lines.slice(0, 10).join('\n');
    expect(top).toMatch(/^SEV-1 OpenAgentsRuntimeStreamCompletionRatioLow/);
    expect(top).toMatch(/broken +openagents-runtime in production; 2 alerts firing/);
    expect(top).toMatch(/since .*, 12 min 25 s ago/);
    expect(top).toMatch(/who +nobody is on it yet/);
    expect(top).toMatch(/changed +deploy of 4f2c9d1a0b3e by developer@example.com, 8 min 25 s before/);
    expect(top.replace(/ \\\n\s*/g, ' ')).toContain(ackCommand);
  });

  it('has no line that is longer, but for the address of a page', () => {
    expect(lines.filter((line) => line.length > 80).every((line) => line.startsWith('  see '))).toBe(true);
    expect(lines.length).toBeGreaterThan(40);
  });

  it('breaks commands so that a shell still takes them', () => {
    const text = lines.join('\n');
    const from = text.indexOf('./slipway incident ack');
    const pasted = text.slice(from, text.indexOf('\n  then', from));
    expect(pasted).toContain('\\\n');
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${pasted}`], { encoding: 'utf8' });
    expect(words.trimEnd().split('\n')).toEqual(ackCommand.split(' '));
  });

  it('is not widened or coloured by what strangers write', () => {
    const run = hostile(openIncident);
    expect(show(run, 80).join('')).not.toMatch(/[\p{Cf}\p{Cc}]/u);
    const quiet = show({ ...run, waitingFor: null, proposal: null, link: null }, 80);
    expect(quiet.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('an incident elsewhere', () => {
  it('is not wrapped in a pipe, so that every command is one line', () => {
    expect(show(openIncident, null)).toContain(`           ${ackCommand}`);
  });

  it('says first what is under way when a mitigation is', () => {
    const child = `${openIncident.workflowId}/mitigation-1`;
    const waitingFor = { ...openIncident.waitingFor, kind: 'child', what: 'rollback by a', until: null, child };
    const run = {
      ...openIncident,
      waitingFor: { ...waitingFor, commands: [`./slipway status ${child}`] },
    } as IncidentRun;
    const text = show(run, null).join('\n');
    expect(text).toMatch(/next +rollback by a\n +\.\/slipway status incident/);
    expect(text).not.toContain('  then');
  });

  it('says of a closed one how it ended, and the command for its report', () => {
    const text = show(closedIncident, null, afterIt).join('\n');
    expect(text).toMatch(/since .*, over after 44 min 15 s/);
    expect(text).toMatch(/end +resolved by release-owner@example.com: the symptom is gone/);
    expect(text).toContain(`./slipway incident report ${closedIncident.workflowId}`);
    expect(text).not.toContain('./slipway incident ack');
  });

  it('does not say that nothing changed before anybody has looked', () => {
    expect(show({ ...openIncident, suspects: [], phase: 'triage' }, null).join('\n')).toMatch(
      /changed +it is being looked/,
    );
    expect(show({ ...openIncident, suspects: [] }, null).join('\n')).toMatch(/changed +nothing that is known/);
  });
});
