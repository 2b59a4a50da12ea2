import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { obtain } from '../sandbox/servers/obtain.ts';
import { temporalCli } from '../sandbox/servers/temporal.ts';

let isInstalled = false;

/**
 * The SDK logs each expected failure of an activity with its stack; what counts is what the assertions say. A process
 * has one runtime, and files share processes: before the first use of it in a file.
 */
export function logErrorsOnly(): void {
  if (!isInstalled) Runtime.install({ logger: new DefaultLogger('ERROR') });
  isInstalled = true;
}

/** A Temporal server in memory, with the rates of a tuned one: the defaults make a step wait for the next 50 ms. */
export async function startTemporal(more: readonly string[] = []): Promise<TestWorkflowEnvironment> {
  const path = await obtain(temporalCli, () => undefined);
  const rates = [
    'history.transferProcessorMaxPollRPS=2000',
    'history.timerProcessorMaxPollRPS=2000',
    'system.enableActivityEagerExecution=true',
  ];
  const extraArgs = [...rates, ...more].flatMap((rate) => ['--dynamic-config-value', rate]);
  return TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path }, extraArgs } });
}
