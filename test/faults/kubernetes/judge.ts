import { canonicalJson } from '../../../catalog/canonical-json.ts';
import { compareFences, formatFence, type Marker } from '../../../contract/fence.ts';
import type { ChangeKind } from '../../../contract/plan.ts';
import type { AuditEvent } from '../../sandbox/cluster-programs.ts';
import { imagesOf, writesOf, type LoggedObject, type Write } from './audit-log.ts';

/** A change that came to its end, and what was approved. */
export interface JudgedChange {
  id: string;
  kind: ChangeKind;
  /** Image that it releases, goes back to or migrates for, by digest. */
  image: string;
  /** Jobs of its post-deploy gate. */
  gateJobs: number;
  /** When its run ended, by Temporal's clock; the environment is somebody else's from then on. */
  endedAt: string;
}

/** One environment: its namespace, who the worker is there, and its changes in order. */
export interface JudgedPlace {
  namespace: string;
  /** Such as `statefulsets/runtime`. */
  workload: string;
  workerUser: string;
  changes: JudgedChange[];
}

/** A write by the worker in the name of a change. */
type OwnWrite = Write & { marker: Marker };

/** What the log says of an environment, put in order once. */
interface Log {
  place: JudgedPlace;
  events: AuditEvent[];
  /** Writes of everybody. */
  all: Write[];
  /** Writes of changes that had an effect. */
  own: OwnWrite[];
  /** Writes that gave the workload another template. */
  rollOuts: RollOut[];
}

interface RollOut {
  write: Write;
  template: string;
  images: string[];
}

/** Whether a change writes for itself, and how often it rolls out and migrates. */
const expected: Record<ChangeKind, { rollOuts: number; jobs: number }> = {
  deploy: { rollOuts: 1, jobs: 1 },
  promote: { rollOuts: 1, jobs: 1 },
  migrate: { rollOuts: 0, jobs: 1 },
  rollback: { rollOuts: 1, jobs: 0 },
  restart: { rollOuts: 1, jobs: 0 },
  rotateSecrets: { rollOuts: 1, jobs: 0 },
};

/**
 * Judges invariants I1 to I8 by what the API server itself has logged, and by nothing that Slipway says. Answers the
 * violations, each with its invariant first.
 */
export function violationsOf(events: readonly AuditEvent[], place: JudgedPlace): string[] {
  const own = events.filter(({ objectRef }) => objectRef?.namespace === place.namespace);
  const all = writesOf(own);
  const ofWorker = all.filter(({ user }) => user === place.workerUser);
  const effective = withEffect(all).filter((write) => ofWorker.includes(write));
  const log: Log = {
    place,
    events: own,
    all,
    own: effective.filter((write): write is OwnWrite => write.marker !== undefined),
    rollOuts: rollOutsOf(all, place.workload),
  };
  return [
    ...strangers(log, ofWorker),
    ...repeated(log),
    ...overlapping(log),
    ...place.changes.flatMap((change) => [
      ...wrongRollOuts(log, change),
      ...wrongJobs(log, change),
      ...wrongOrder(log, change),
      ...unread(log, change),
    ]),
  ].map((violation) => `${place.namespace}: ${violation}`);
}

/**
 * Leaves out writes after which the object is as it was before. Where the log has no content, that is an apply which
 * one write of the same step has sent before.
 */
function withEffect(writes: readonly Write[]): Write[] {
  const contents = new Map<string, string>();
  const sent = new Set<string>();
  return writes.filter((write) => {
    const { object, operation, marker, after, code } = write;
    if (after) {
      const content = contentOf(after);
      const isSame = contents.get(object) === content;
      contents.set(object, content);
      return !isSame;
    }
    const key = `${object} ${marker ? stepOf(marker) : ''}`;
    const isRepeat = operation === 'apply' && code === 200 && sent.has(key);
    sent.add(key);
    return !isRepeat;
  });
}

function contentOf({ metadata = {}, spec }: LoggedObject): string {
  const { labels, annotations } = metadata;
  return canonicalJson({ labels: labels ?? {}, annotations: annotations ?? {}, spec: spec ?? {} });
}

function rollOutsOf(writes: readonly Write[], workload: string): RollOut[] {
  let before = '';
  return writes
    .filter(({ object, after }) => object === workload && after?.spec?.template)
    .map((write) => ({ write, template: canonicalJson(write.after?.spec?.template), images: imagesOf(write.after) }))
    .filter(({ template }) => {
      const isOther = template !== before;
      before = template;
      return isOther;
    });
}

/** I3 and I4: whoever writes says for which change, and nobody else changes what a change sets. */
function strangers({ place, rollOuts }: Log, ofWorker: readonly Write[]): string[] {
  const ids = new Set(place.changes.map(({ id }) => id));
  const unmarked = ofWorker.filter(({ marker }) => !marker || !ids.has(marker.change));
  const byOthers = rollOuts.slice(1).filter(({ write }) => write.user !== place.workerUser);
  return [
    ...unmarked.map((write) => `I3: ${describe(write)} is of no change`),
    ...byOthers.map(({ write }) => `I4: ${describe(write)} by ${write.user} changed the template`),
  ];
}

/** I1: at most one effective mutation a change, step, attempt and object. */
function repeated({ own }: Log): string[] {
  const groups = Map.groupBy(own, (write) => `${write.operation} ${write.object} by ${stepOf(write.marker)}`);
  return [...groups].filter(([, { length }]) => length > 1).map(([key, { length }]) => `I1: ${length} times ${key}`);
}

/** I3: the changes follow one another, no write is behind another, and the fence is in the write itself. */
function overlapping({ place, own }: Log): string[] {
  const order = own.map(({ marker }) => marker.change).filter((change, index, all) => change !== all[index - 1]);
  const returning = order.filter((change, index) => order.indexOf(change) !== index);
  const behind = own.filter(({ marker }, index) => {
    const before = own[index - 1]?.marker.fence;
    return before !== undefined && compareFences(marker.fence, before) < 0;
  });
  const fenced = own.filter(({ object, after }) => after && (object === place.workload || object.startsWith('jobs/')));
  const unfenced = fenced.filter(
    ({ after, marker, object, operation }) =>
      // What moves the ownership of fields leaves the rest, and the fence, as it was.
      !(object === place.workload && operation === 'patch' && marker.step !== 'fence') &&
      after?.metadata?.annotations?.['slipway.dev/fence'] !== formatFence(marker.fence),
  );
  const late = own.filter(({ at, marker }) => {
    const ended = place.changes.find(({ id }) => id === marker.change)?.endedAt;
    return ended !== undefined && at > ended;
  });
  return [
    ...returning.map((change) => `I3: ${change} wrote again after another change had`),
    ...behind.map((write) => `I3: ${describe(write)} is behind the write before it`),
    ...unfenced.map((write) => `I3: ${describe(write)} does not leave its fence`),
    ...late.map((write) => `I3: ${describe(write)} came after its change had ended`),
  ];
}

/** I1, I4 and I5: one roll-out a change, of the image that was approved; a rollback goes to a state that was there. */
function wrongRollOuts({ rollOuts }: Log, { id, kind, image }: JudgedChange): string[] {
  const own = rollOuts.filter(({ write }) => write.marker?.change === id);
  const wrong = own.filter(({ images }) => images.some((one) => one !== image) || !image.includes('@sha256:'));
  const before = new Set(rollOuts.slice(0, rollOuts.indexOf(own[0] as RollOut)).map(({ template }) => template));
  const unnamed = kind === 'rollback' ? own.filter(({ template }) => !before.has(template)) : [];
  return [
    ...(own.length === expected[kind].rollOuts ? [] : [`I1: ${own.length} roll-outs by ${kind} ${id}`]),
    ...wrong.map(({ images }) => `I4: ${id} rolled out ${images.join()}, not ${image}`),
    ...unnamed.map(() => `I5: ${id} went back to a template that never was there`),
  ];
}

/**
 * I1, I2 and I8: one Job a change that migrates, and those of its gate, started once, with one pod each; the image is
 * that of the release.
 */
function wrongJobs({ all, own, rollOuts }: Log, { id, kind, image, gateJobs }: JudgedChange): string[] {
  const ofJobs = own.filter(({ object, marker }) => object.startsWith('jobs/') && marker.change === id);
  const created = ofJobs.filter(({ operation }) => operation === 'create');
  const started = ofJobs.filter(({ operation, after }) => operation === 'patch' && after?.spec?.suspend === false);
  const names = created.map(({ object }) => object.slice('jobs/'.length));
  const pods = all.filter(
    ({ operation, object, after }) =>
      operation === 'create' &&
      object.startsWith('pods/') &&
      names.includes(after?.metadata?.labels?.['batch.kubernetes.io/job-name'] ?? ''),
  );
  const serving = rollOuts.findLast(({ write }) => write.at < (started[0]?.at ?? ''));
  const parity = kind === 'migrate' ? (serving?.images.join() ?? 'nothing') : image;
  const others = [...ofJobs, ...pods].filter(({ after }) => after && imagesOf(after).join() !== parity);
  const wanted = expected[kind].jobs + gateJobs;
  const counts = { Jobs: created, 'starts of a Job': started, 'pods of a Job': pods };
  return [
    ...Object.entries(counts)
      .filter(([, { length }]) => length !== wanted)
      .map(([what, { length }]) => `${wanted === 0 ? 'I8' : 'I1'}: ${length} ${what} by ${kind} ${id}`),
    ...others.map((write) => `I2: ${describe(write)} has image ${imagesOf(write.after).join()}, not ${parity}`),
  ];
}

/** I5, I6 and I8: what comes before what. */
function wrongOrder(log: Log, { id, kind }: JudgedChange): string[] {
  const { own, all, rollOuts, place } = log;
  const mine = own.filter(({ marker }) => marker.change === id);
  const [first] = mine;
  const rollOut = rollOuts.find(({ write }) => write.marker?.change === id)?.write;
  if (kind === 'rollback') {
    const others = mine.filter(({ marker }) => marker.step !== 'restore');
    return others.map((write) => `I6: ${describe(write)} stands between a rollback and its users`);
  }
  const violations: string[] = [];
  if (first && !(first.object === place.workload && first.marker.step === 'fence'))
    violations.push(`I5: ${describe(first)} comes before the fence`);
  if (!rollOut) return violations;
  const shifted = mine.find(({ marker }) => marker.step === 'shift');
  const recorded = mine.find(({ object }) => object.startsWith('secrets/') && object.endsWith(`-${id}-before`));
  if (!recorded || (shifted && recorded.at > shifted.at))
    violations.push(`I5: ${id} wrote in shift before what lived was recorded`);
  const jobs = mine
    .filter(({ object, marker }) => object.startsWith('jobs/') && !marker.step.startsWith('gate-'))
    .map(({ object }) => object.slice(5));
  const ending = all.findLast(({ object }) => jobs.some((job) => object === `jobs.status/${job}`));
  if (ending && ending.at > rollOut.at) violations.push(`I8: ${id} rolled out before its migration had ended`);
  return violations;
}

/** I7: after its last write to the workload or its Job, a change has read the workload and its pods. */
function unread({ events, own, place }: Log, { id, kind, endedAt }: JudgedChange): string[] {
  const last = own.findLast(({ marker, object }) => marker.change === id && /^(statefulsets|jobs)\//.test(object));
  if (!last) return [`I7: ${kind} ${id} has written nothing`];
  const reads = events.filter(
    ({ user, verb, requestReceivedTimestamp: at, responseStatus }) =>
      user.username === place.workerUser &&
      ['get', 'list'].includes(verb) &&
      at > last.at &&
      at < endedAt &&
      responseStatus?.code === 200,
  );
  const read = (verb: string, resource: string): boolean =>
    reads.some((event) => event.verb === verb && event.objectRef?.resource === resource);
  const isRead = read('get', place.workload.split('/')[0] ?? '') && read('list', 'pods');
  return isRead ? [] : [`I7: ${id} ended without a look at what serves after ${describe(last)}`];
}

function stepOf({ change, step, attempt }: Marker): string {
  return `${change}, step ${step}, attempt ${attempt}`;
}

function describe({ operation, object, marker, at }: Write): string {
  return `${operation} ${object}${marker ? ` by ${stepOf(marker)}` : ''} at ${at}`;
}
