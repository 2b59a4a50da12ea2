import { Context } from '@temporalio/activity';
import { finalFailure } from '../failure.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { Checkout } from '../ports/index.ts';
import { ServerClock } from '../server-clock.ts';
import type { GateContext, GatePorts, GateSubject } from './gate.ts';
import { SecretReader } from '../redaction/secret-reader.ts';

/** Runs the work with what its gates share, and clears up after it. */
export async function withGateContext<T>(
  ports: GatePorts,
  subject: GateSubject,
  work: (context: GateContext) => Promise<T>,
): Promise<T> {
  const { entry, artifact } = subject;
  let opened: Promise<Checkout> | undefined;
  const checkout = (): Promise<Checkout> => (opened ??= checkOut(ports, entry.repository, artifact.commit));
  const clock = new ServerClock();
  const secrets = new SecretReader(ports.secrets, entry.settings.target);
  try {
    return await withHeartbeat(async (progress, signal) => {
      await secrets.keepRotated(subject.rotated ?? []);
      return work({
        ...subject,
        ports,
        checkout,
        progress,
        signal,
        secrets,
        clock,
        entriesBefore: new Map(),
        repeated: Context.current().info.attempt > 1,
      });
    });
  } finally {
    await opened?.then(
      (folder) => folder.close(),
      () => undefined,
    );
  }
}

/** Checks out a commit whose programs are run: one of the release branch, since whoever may push could run them. */
async function checkOut(
  { sources }: GatePorts,
  repository: GateSubject['entry']['repository'],
  commit: string,
): Promise<Checkout> {
  if (commit === '')
    throw finalFailure('Missing', 'the commit of the image is not known, so nothing can be checked out');
  const { onBranch } = await sources.commit(repository, commit);
  if (!onBranch)
    throw finalFailure(
      'Missing',
      `commit ${commit} is not on the release branch ${repository.branch}, so none of its programs is run`,
    );
  return sources.checkout(repository, commit);
}
