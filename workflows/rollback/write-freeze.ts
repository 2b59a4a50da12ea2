import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { SwitchResult } from '../../activities/write-switch.ts';
import type { WriteState, WriteSwitch } from '../../contract/catalog/write-switch.ts';
import { readSecretCommand, type TargetEntry } from '../../contract/catalog/targets/index.ts';
import { schemaRoles } from '../../contract/people.ts';
import { shellWord } from '../../contract/shell-word.ts';
import type { StepName } from '../../contract/step-names.ts';
import type { Parts } from '../change/change.ts';
import { switching } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';

type FrozenChange = Parts<'run' | 'entry' | 'request' | 'effects' | 'plan'>;

/**
 * Keeps users' writes away from a schema that is being repaired: they are refused by the service's declared switch,
 * and that is read back (runbook 004, rollback procedure, step 4). Without a switch it does nothing.
 */
export class WriteFreeze {
  private readonly change: FrozenChange;
  /** Writes that were found frozen are not ours to thaw when the rollback is given up. */
  private state: 'open' | 'frozen' | 'foundFrozen' = 'open';
  private frozenWarning = '';

  constructor(change: FrozenChange) {
    this.change = change;
  }

  get isOn(): boolean {
    return this.state !== 'open';
  }

  /** Says that writes are frozen still, wherever the end of the rollback is shown; empty otherwise. */
  get warning(): string {
    return this.frozenWarning;
  }

  async freeze(): Promise<void> {
    if (!this.change.entry.settings.writeSwitch) return;
    // From the moment that the switch may have been thrown.
    this.state = 'frozen';
    const switched = await this.switchByStep('freeze-writes', 'frozen');
    if (!switched || switched.already) this.state = 'foundFrozen';
  }

  async thaw(): Promise<void> {
    if (!this.change.entry.settings.writeSwitch) return;
    await this.switchByStep('thaw-writes', 'thawed');
    this.state = 'open';
  }

  /**
   * Settles writes when the rollback does not go on. Those that it froze itself are thawed as long as nothing was
   * restored; later nobody knows whether data and code agree, so they stay frozen, and that is said.
   */
  async thawOrWarn(error: unknown): Promise<void> {
    if (!this.isOn || !isExpected(error)) return;
    const { effects, run } = this.change;
    if (this.state === 'frozen' && !effects.reached('job') && (await this.tryThaw())) return;
    this.frozenWarning = this.describeFrozen();
    run.record.note(this.frozenWarning);
  }

  /**
   * Throws the switch. The step parks at whatever goes wrong, since a service that is to be rolled back often does not
   * answer. Answers null where people did it by other means.
   */
  private async switchByStep(name: StepName, to: WriteState): Promise<SwitchResult | null> {
    const { run, entry } = this.change;
    const { steps } = run.record;
    const verb = to === 'frozen' ? 'freeze' : 'thaw';
    for (;;) {
      steps.begin(name);
      try {
        const switched = await this.send(name, to);
        steps.end(name, 'passed', {
          detail: switched.already ? `writes were ${to} already` : `writes are ${to}, read back`,
        });
        return switched;
      } catch (error) {
        if (!isExpected(error) || isCancellation(error)) throw error;
        const { decision, said } = await run.parking.ask({
          step: name,
          why: `${messageOf(error)}; ${verb} writes by other means and say how in markDone, or retry the switch`,
          actions: ['retry', 'markDone', 'abort'],
          roles: schemaRoles(entry),
          isAboutSchema: true,
        });
        if (decision === 'retry') continue;
        steps.end(name, 'passed', { detail: `by hand: ${said}` });
        return null;
      }
    }
  }

  private async send(name: StepName, to: WriteState): Promise<SwitchResult> {
    const { entry, plan, run } = this.change;
    const { artifact, snapshot } = plan;
    const attemptKey = `${name}${run.record.steps.attemptsOf(name)}`;
    const request = { entry, artifact, change: run.id, attemptKey, url: snapshot.live.url, to };
    return switching(`writes of ${entry.service}: ${to}`).switchWrites(request);
  }

  private async tryThaw(): Promise<boolean> {
    const { steps } = this.change.run.record;
    return CancellationScope.nonCancellable(async () => {
      steps.begin('thaw-writes');
      try {
        await this.send('thaw-writes', 'thawed');
        steps.end('thaw-writes', 'passed', { detail: 'nothing was restored, so writes are thawed again' });
        this.state = 'open';
        return true;
      } catch (error) {
        if (!isExpected(error)) throw error;
        steps.end('thaw-writes', 'failed', { error: messageOf(error) });
        return false;
      }
    });
  }

  private describeFrozen(): string {
    const { entry, plan, request } = this.change;
    const { service, environment, settings } = entry;
    const { url } = plan.snapshot.live;
    const { writeSwitch } = settings;
    const thaw = writeSwitch ? thawCommand(writeSwitch, url, settings.target) : '';
    const account = writeSwitch && namesAudience(writeSwitch) ? ', signed in as a service account' : '';
    const again =
      `./slipway rollback ${service} --environment ${environment} --reason ${shellWord(request.reason)} ` +
      '--schema-version VERSION';
    return (
      `WRITES OF ${service} IN ${environment} ARE FROZEN. Either roll back again, which thaws writes at its end: ` +
      `${again}. Or, if the data fits the code that serves, thaw writes now${account}: ${thaw}`
    );
  }
}

/** Says whether a token names its audience. Platform: gcloud makes such a token of a service account only. */
function namesAudience({ thaw }: WriteSwitch): boolean {
  return Object.values(thaw.headers ?? {}).some(
    (value) => typeof value !== 'string' && 'identityToken' in value && value.audience !== undefined,
  );
}

/** Answers the command that a person pastes; a secret is named and not shown (invariant I9). */
function thawCommand({ thaw }: WriteSwitch, url: string, target: TargetEntry): string {
  const json: WriteSwitch['thaw']['headers'] = thaw.body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = Object.entries({ ...json, ...thaw.headers }).map(([name, value]) => {
    if (typeof value === 'string') return `-H ${shellWord(`${name}: ${value}`)}`;
    if ('identityToken' in value) {
      const audiences = value.audience === undefined ? '' : ` --audiences=${shellWord(value.audience)}`;
      return `-H "${name}: Bearer $(gcloud auth print-identity-token${audiences})"`;
    }
    const version = value.version ?? 'latest';
    return `-H "${name}: $(${readSecretCommand(target, value.secret, version)})"`;
  });
  const body = thaw.body === undefined ? [] : ['-d', shellWord(JSON.stringify(thaw.body))];
  const address = shellWord(`${url.replace(/\/$/, '')}${thaw.path}`);
  return ['curl', '-fsS', '-X', thaw.method, ...headers, ...body, address].join(' ');
}
