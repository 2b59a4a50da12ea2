import type { Point } from '../../contract/incident/look.ts';
import { countOf } from '../../contract/plan.ts';
import type { Verdict } from '../../contract/verdict.ts';
import type { Block, Item, Report, Section } from './blocks.ts';
import { betweenText, durationText, utcText } from './durations.ts';
import type { IncidentReport } from './incident-report.ts';

const verdictMarks: Record<Verdict, string> = { pass: '✓', fail: '✗', inconclusive: '?' };
const checklistMarks = { open: '○', done: '✓', unknown: '?' };

/** Makes the page of an incident. */
export function incidentPage(report: IncidentReport): Report {
  const { status, headline, workflowId, link, madeAt } = report;
  return {
    badge: status.severity,
    title: status.title,
    headline,
    facts: factsOf(report),
    sections: sectionsOf(report),
    madeAt,
    from: { kind: 'run', name: workflowId, link },
  };
}

/** Tells an incident section by section, in the order in which a reader asks. */
function sectionsOf(report: IncidentReport): Section[] {
  return [
    { title: 'Times', blocks: [times(report)] },
    { title: 'What happened', blocks: [{ kind: 'drawing', of: 'timeline', text: '' }] },
    { title: 'Error rate', blocks: [errorRate(report)] },
    { title: 'What was done', blocks: [mitigations(report)] },
    { title: 'What had changed', blocks: [suspects(report)] },
    { title: 'Alerts', blocks: [alerts(report)] },
    { title: 'Evidence', blocks: [evidence(report)] },
    { title: 'Checklist', blocks: [checklist(report)] },
    { title: 'What people were told', blocks: [updates(report)] },
    { title: 'Follow-ups', blocks: followUps(report) },
    { title: 'Timeline', blocks: [timeline(report)] },
    { title: 'Refused messages', blocks: [refused(report)] },
  ];
}

/** Names what the incident is, for the beginning of the report. */
function factsOf({ status, category, workflowId }: IncidentReport): [name: string, value: string][] {
  const { service, environment, acknowledged, openedBy, outcome, incident } = status;
  return [
    ['where', `${service} in ${environment}`],
    ['category', category],
    ['opened by', openedBy],
    ['responder', acknowledged?.by ?? 'nobody has acknowledged it'],
    ['end', outcome ?? 'it is still open'],
    ['incident', `${incident}, run ${workflowId}`],
  ];
}

function times({ times: all, endedAt }: IncidentReport): Block {
  const missing = endedAt === null ? 'not yet' : 'never';
  const after = (ms: number | null) => (ms === null ? '—' : durationText(ms));
  return {
    kind: 'table',
    columns: ['what', 'when', 'since opened', 'since it began', 'how'],
    rows: all.map(({ name, at, afterOpeningMs, afterOnsetMs, how }) => [
      name,
      at === null ? missing : utcText(at),
      name === 'began' || name === 'opened' ? '—' : after(afterOpeningMs),
      name === 'began' ? '—' : after(afterOnsetMs),
      how,
    ]),
  };
}

function errorRate({ errorRate: found, status }: IncidentReport): Block {
  if (found) return { kind: 'drawing', of: 'error rate', text: `${peakText(found.points ?? [])} The query is below.` };
  const asked = status.evidence.find(({ name }) => name === 'error rate');
  return text(`No error rate was recorded: ${asked?.reason ?? 'the catalog names none (incidents.errorRate)'}.`);
}

/** Says the highest and the last value of a share. */
export function peakText(points: readonly Point[]): string {
  const [first, ...others] = points;
  if (!first) return '';
  const highest = others.reduce((best, point) => (point.value > best.value ? point : best), first);
  const last = others.at(-1) ?? first;
  return `Highest: ${shareText(highest.value)} at ${utcText(highest.at)}. Last: ${shareText(last.value)}.`;
}

/** Writes a share as a percentage of three digits that count. */
export function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function mitigations({ status }: IncidentReport): Block {
  const items = status.mitigations.map(({ name, by, workflowId, startedAt, endedAt, outcome, succeeded }): Item => {
    const took = endedAt === null ? 'under way' : `${utcText(endedAt)}, ${betweenText(startedAt, endedAt)}`;
    return {
      mark: succeeded === null ? '…' : succeeded ? '✓' : '✗',
      title: `${name} by ${by}`,
      text: `${utcText(startedAt)} until ${took}: ${outcome ?? 'no outcome yet'}`,
      below: [`run ${workflowId}`],
    };
  });
  return listOr(items, 'No mitigation was begun.');
}

function suspects({ status }: IncidentReport): Block {
  const items = status.suspects.map(({ what, at, change, score, reasons, commits }): Item => {
    const before = `${betweenText(at, status.onset)} before it began`;
    return {
      title: what,
      text: `${utcText(at)}, ${before}; ${countOf(score, 'point')}${change ? `, change ${change}` : ''}`,
      below: [...reasons, ...commits.map((commit) => `commit ${commit}`)],
    };
  });
  return listOr(items, 'No suspect is known: no change ended shortly before it began.', true);
}

function alerts({ status }: IncidentReport): Block {
  const items = status.alerts.map(({ name, startsAt, endsAt, summary, confirmed, told, generatorUrl }): Item => {
    const end = endsAt === null ? 'no end was told' : `until ${utcText(endsAt)}, ${betweenText(startsAt, endsAt)}`;
    const doubt = confirmed === 'yes' ? '' : '; not borne out by Alertmanager';
    return {
      title: name,
      text: `${utcText(startsAt)}, ${end}; told ${countOf(told, 'time')}${doubt}`,
      below: summary === '' ? [] : [summary],
      link: generatorUrl,
    };
  });
  return listOr(items, 'No alert belongs to it.');
}

function evidence({ status }: IncidentReport): Block {
  const items = status.evidence.map(({ name, verdict, reason, source, query, window, lines, link, at }): Item => {
    const when = window ? `${utcText(window.since)} until ${utcText(window.until)}` : `at ${utcText(at)}`;
    return {
      mark: verdictMarks[verdict],
      title: name,
      text: reason,
      below: [[source, when].filter((part) => part !== '').join(', '), ...lines],
      code: query,
      link,
    };
  });
  return listOr(items, 'No evidence was gathered.');
}

function checklist({ status }: IncidentReport): Block {
  const items = status.checklist.map(({ name, action, cites, state, by, evidence: answers, answeredBy }): Item => {
    const manual = 'person' in answeredBy ? ` (a person: ${answeredBy.person})` : '';
    const text = by === '' ? `${state}${state === 'open' ? manual : ''}` : `${state} by ${by}`;
    return { mark: checklistMarks[state], title: name, text: `${action}: ${text}`, below: [...answers, cites] };
  });
  return listOr(items, 'There is no checklist, since its category is not known.');
}

function updates({ status }: IncidentReport): Block {
  const items = status.updates.map(({ at, by, text: said }) => ({ title: utcText(at), text: `${by}: ${said}` }));
  return listOr(items, 'Nobody was told anything by way of the incident.');
}

function followUps({ status, endedAt }: IncidentReport): Block[] {
  const { followUps: all } = status;
  if (all.length === 0) return [text('No follow-up was agreed.')];
  const table: Block = {
    kind: 'table',
    columns: ['no.', 'what', 'owner', 'due', 'state', 'agreed'],
    rows: all.map(({ number, text: what, owner, dueAt, state, by, at }) => [
      String(number),
      what,
      owner,
      dueAt.includes('T') ? utcText(dueAt) : dueAt,
      state,
      `${utcText(at)} by ${by}`,
    ]),
  };
  return endedAt === null ? [table] : [table, text('The states are those of the end: nobody tells it later.')];
}

function timeline({ timeline: all }: IncidentReport): Block {
  return listOr(
    all.map(({ at, what }) => ({ title: utcText(at), text: what })),
    'Nothing is recorded.',
  );
}

function refused({ status: { refused: all } }: IncidentReport): Block {
  const items = all.last.map(({ at, message, by, reason }): Item => {
    return { title: utcText(at), text: `${message} by ${by || 'an unknown sender'}: ${reason}` };
  });
  if (all.count > items.length) items.unshift({ title: 'earlier', text: `${all.count - items.length} more` });
  return listOr(items, 'No message was refused.');
}

function listOr(items: Item[], none: string, numbered = false): Block {
  return items.length > 0 ? { kind: 'list', items, numbered } : text(none);
}

function text(said: string): Block {
  return { kind: 'text', text: said };
}
