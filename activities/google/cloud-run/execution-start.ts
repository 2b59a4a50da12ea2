import { Status } from 'google-gax';
import { isDeepStrictEqual } from 'node:util';
import { digestOrEmpty } from '../../../contract/artifact.ts';
import { operationCadence, pauseOf } from '../../cadence.ts';
import { finalFailure } from '../../failure.ts';
import { checkFence, markerAnnotations, recordedStep } from '../../fence.ts';
import type { RunJobRequest } from '../../ports/target.ts';
import { call } from '../call.ts';
import { isCode, isOutcomeUnknown } from '../failure.ts';
import { pause } from '../polling.ts';
import { imageOf, ownContainer, withOwnContainer } from './container.ts';
import { announcement, carriesMarks, executionMarks, isCopy, startToken } from './execution-marks.ts';
import { fencedJobUpdate, jobDriftFailure, writable } from './job.ts';
import { hasCommand } from './migration.ts';
import { isSettled, jobName, mergedEnvironment, secondsOf, shortName, type Execution, type Job } from './resources.ts';
import { mustReRead } from './service.ts';
import { findExecution, findJob, listExecutions, subStep, type WriteContext } from './session.ts';

/** Times that a token is sent of which the platform says nothing, before it counts as one that knows no tokens. */
const maxUnheard = 2;
/** Deadlines of a call for which an execution that may be there is looked for. A call can apply after its deadline. */
const deadlinesOfPatience = 6;

/**
 * Starts the execution of this attempt, or finds it (invariant I1, ADR 0001). The start is an update of the job with
 * a token: conditional on fence and etag, and the platform names the execution by the token. So a call that is lost,
 * late or repeated starts no second one. Where the platform knows no tokens, RunJob is called once, and never again
 * before somebody has looked. Platform: Cloud Run Admin v2 UpdateJob (start_execution_token), RunJob.
 */
export async function startOrAdopt(write: WriteContext, request: RunJobRequest): Promise<string> {
  const start = new Start(write, request);
  for (;;) {
    const job = await findJob(write, start.name);
    if (!job) throw finalFailure('Drifted', `job ${start.name} does not exist any more: somebody deleted it`);
    const own = await start.find(job);
    if (own !== undefined) return own;
    await start.goOn(job);
  }
}

/** Who may have started an execution of this attempt, by what the job records. */
type Asked = 'nobody' | 'update' | 'call';

class Start {
  readonly name: string;
  private readonly write: WriteContext;
  private readonly request: RunJobRequest;
  private readonly token: string | undefined;
  private readonly announcing: WriteContext;
  private unheard = 0;
  private isKnown = false;
  private named: string | undefined;
  private waitsSince: number | undefined;

  constructor(write: WriteContext, request: RunJobRequest) {
    this.write = write;
    this.request = request;
    this.name = request.ready.job;
    this.token = startToken(this.name, write.marker);
    this.announcing = subStep(write, announcement);
  }

  /** Finds the execution of this attempt, or of an earlier one of which nobody saw what became. */
  async find(job: Job): Promise<string | undefined> {
    const { earlier = [], ready } = this.request;
    const asked = this.asked(job);
    const tokens = [
      ...(asked === 'nobody' ? [] : [this.token]),
      ...earlier.map(({ attempt }) => startToken(this.name, { ...this.write.marker, attempt })),
    ];
    const byToken = tokens.filter((token) => token !== undefined).map((token) => `${this.name}-${token}`);
    for (const name of [...byToken, ...(this.named === undefined ? [] : [this.named])])
      if (await findExecution(this.write, this.name, name)) return name;
    if (asked === 'update') return undefined;
    const newest = shortName(job.latestCreatedExecution?.name);
    const execution = newest === '' ? undefined : await findExecution(this.write, this.name, newest);
    if (execution && this.isOwn(execution)) return newest;
    const mayBeListed = asked === 'call' || job.etag !== ready.version || earlier.length > 0;
    const listed = mayBeListed ? await listExecutions(this.write, this.name) : [];
    return shortName(listed.find((each) => this.isOwn(each))?.name) || undefined;
  }

  private isOwn(execution: Execution): boolean {
    const { marker } = this.write;
    const attempts = [marker.attempt, ...(this.request.earlier ?? []).map(({ attempt }) => attempt)];
    return carriesMarks(execution, marker, attempts) && !isCopy(execution);
  }

  private asked(job: Job): Asked {
    const what = `job ${this.name}`;
    if (recordedStep(job.annotations, this.announcing.marker) === this.announcing.marker.step) return 'call';
    return checkFence(what, job.annotations, this.write.marker) === 'ours' ? 'update' : 'nobody';
  }

  /** Asks for the execution where nobody has, and otherwise waits for it as long as it may still appear. */
  async goOn(job: Job): Promise<void> {
    const asked = this.asked(job);
    if (asked === 'nobody') {
      if (!this.isAsSynced(job)) return this.wait(job, 'changed or ran');
      return this.token === undefined ? this.callOnce() : this.askByToken(job, this.token);
    }
    if (asked === 'call' || this.token === undefined || this.isKnown || job.startExecutionToken === this.token)
      return this.wait(job, 'asked for');
    if (!isSettled(job)) return this.wait(job, 'asked for');
    if (!this.hasOwnTemplate(job)) throw jobDriftFailure(job, this.name, this.write.target);
    // The platform says nothing of the token. Sent again it starts no second execution, and may be refused as known.
    if (this.unheard < maxUnheard) return this.askByToken(job, this.token);
    return this.callOnce();
  }

  private async askByToken(job: Job, token: string): Promise<void> {
    const { clients, caller, marker } = this.write;
    if (this.asked(job) === 'update') this.unheard += 1;
    const next = this.prepared(job, `${this.name}-${token}`);
    next.annotations = { ...job.annotations, ...markerAnnotations(marker) };
    try {
      await call(caller, `run job ${this.name}`, (options) =>
        clients.jobs.updateJob({ job: { ...writable(next), startExecutionToken: token } }, options),
      );
      this.waitsSince = undefined;
    } catch (error) {
      if (isCode(error, Status.ALREADY_EXISTS)) this.isKnown = true;
      else if (isCode(error, Status.INVALID_ARGUMENT)) await this.callOnce();
      else if (mustReRead(error)) await this.wait(job, 'asked for');
      else throw error;
    }
  }

  /** Makes the job what this run needs: program, arguments, time, marks. */
  private prepared(job: Job, execution: string): Job {
    const { command, args, timeoutSeconds } = this.request;
    const { template } = job;
    const marks = executionMarks(this.write.marker, execution);
    const containers = withOwnContainer(`job ${this.name}`, template?.template, this.write.target, (own) => ({
      ...own,
      command,
      args,
      env: mergedEnvironment(own.env, marks, {}),
    }));
    const task = { ...template?.template, timeout: secondsOf(timeoutSeconds), containers };
    return { ...job, template: { ...template, template: task } };
  }

  /**
   * Announces a call of RunJob by an update of the job, and makes it with the etag of that update. Whoever finds the
   * announcement makes no call: nobody knows whether it has reached the platform.
   */
  private async callOnce(): Promise<void> {
    for (;;) {
      const job = await fencedJobUpdate(this.announcing, {
        name: this.name,
        change: (present) => {
          if (this.asked(present) === 'nobody' && !this.isAsSynced(present))
            throw this.unknown(present, 'changed or ran');
          // Whoever runs the job by hand gets marks that are not those of our call.
          return { template: this.prepared(present, `${this.name}-${this.token ?? 'none'}`).template ?? null };
        },
      });
      if (!this.hasOwnTemplate(job)) throw jobDriftFailure(job, this.name, this.write.target);
      try {
        this.named = await this.runJob(job);
        return;
      } catch (error) {
        if (isOutcomeUnknown(error)) return;
        // Refused for sure, so it cannot apply any more: it may be made again.
        if (!mustReRead(error) && !isCode(error, Status.RESOURCE_EXHAUSTED)) throw error;
        await this.wait(job, 'changed or ran');
      }
    }
  }

  private async runJob(job: Job): Promise<string> {
    const { clients, target, caller, marker } = this.write;
    const { args, timeoutSeconds } = this.request;
    const env = Object.entries(executionMarks(marker, '')).map(([name, value]) => ({ name, value }));
    // A container that is alone may have no name.
    const name = ownContainer(job.template?.template, target)?.name ?? '';
    const run = {
      name: jobName(target, this.name),
      etag: job.etag ?? '',
      overrides: {
        containerOverrides: [{ name, env, ...(args.length > 0 ? { args } : { clearArgs: true }) }],
        timeout: { seconds: timeoutSeconds },
      },
    };
    const operation = await call(caller, `run job ${this.name}`, (options) => clients.jobs.runJob(run, options));
    return shortName((operation.metadata as Execution | null)?.name) || throwUnnamed(this.name);
  }

  /**
   * Says whether the job is as its sync has left it: a run by hand may have moved its etag, and no generation. Without
   * a generation nobody knows. Throws `Drifted` where somebody wrote to it.
   */
  private isAsSynced(job: Job): boolean {
    const { version, generation } = this.request.ready;
    if (job.etag === version || String(job.generation) === generation) return true;
    const digest = digestOrEmpty(imageOf(job.template?.template, this.write.target));
    if (generation !== undefined || digest !== this.request.artifact.digest)
      throw jobDriftFailure(job, this.name, this.write.target);
    return false;
  }

  private hasOwnTemplate(job: Job): boolean {
    const { artifact, command, args } = this.request;
    const { target } = this.write;
    const task = job.template?.template;
    return (
      digestOrEmpty(imageOf(task, target)) === artifact.digest &&
      hasCommand(job, command, target) &&
      isDeepStrictEqual(ownContainer(task, target)?.args ?? [], args)
    );
  }

  /** Waits a little longer for an execution that may be there; throws `Unknown` after its time. */
  private async wait(job: Job, why: 'asked for' | 'changed or ran'): Promise<void> {
    this.waitsSince ??= Date.now();
    if (Date.now() - this.waitsSince > deadlinesOfPatience * this.write.caller.callTimeoutMs)
      throw this.unknown(job, why);
    this.write.progress({ job: this.name, waitingFor: 'the execution that was asked for' });
    await pause(this.write.signal, pauseOf(operationCadence, Date.now() - this.waitsSince));
  }

  private unknown(job: Job, why: 'asked for' | 'changed or ran'): Error {
    const newest = shortName(job.latestCreatedExecution?.name) || 'none';
    const what =
      why === 'asked for'
        ? `an execution of job ${this.name} was asked for, and nobody can say whether it was started`
        : `somebody changed or ran job ${this.name} after this change set its image, and no execution of this step ` +
          'was found';
    return finalFailure(
      'Unknown',
      `${what} (the newest is ${newest}): look at the executions of the job before you decide`,
    );
  }
}

function throwUnnamed(job: string): never {
  throw finalFailure('Unknown', `job ${job} was run, but the answer does not name the execution`);
}
