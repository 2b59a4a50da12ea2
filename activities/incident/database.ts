import { failureSearch, logQuestion } from '../../contract/catalog/targets/index.ts';
import type { Look } from '../../contract/incident/look.ts';
import type { Finding } from '../../contract/verdict.ts';
import { searchLog } from './database-log.ts';
import { askService } from './database-probe.ts';
import type { LookContext, LookKind } from './look-kind.ts';
import { withTimeLimit } from './time-limit.ts';

/** Each half has its own time within that of the look, so that one of them still counts. */
const limitMs = 6_000;

/**
 * Finds out whether the service reaches its database (runbook 004, incident response checklist, step 2). The worker has
 * no password of it, so the service is asked, and failing lines of its log that speak of a database are counted.
 */
export const database: LookKind<Extract<Look, { kind: 'database' }>> = {
  question: (_look, { entry, since, until }) => {
    const { target, incidents } = entry.settings;
    const log = logQuestion(target, failureSearch(target), { since, until });
    const asked = incidents?.database ? [`GET ${incidents.database.path}`] : [];
    return {
      source: `the service and ${log.source}`,
      query: [...asked, log.query].join('; '),
      link: log.link,
      window: { since, until },
    };
  },

  answer: async (_look, context) => {
    const probe = context.entry.settings.incidents?.database;
    const [said, logged] = await Promise.all([
      probe ? inTime('the service', context, () => askService(probe, context)) : undeclared,
      inTime('the log', context, () => searchLog(context)),
    ]);
    const { count = null, lines = [] } = 'count' in logged ? logged : {};
    return { verdict: verdictOf(said, logged), reason: `${said.reason}; ${logged.reason}`, count, lines };
  },
};

const undeclared: Finding = {
  verdict: 'inconclusive',
  reason: 'the catalog does not say how to ask for the database (incidents.database)',
};

/** A fail of either is one. A log without such lines proves nothing by itself. */
function verdictOf(said: Finding, logged: Finding): Finding['verdict'] {
  return logged.verdict === 'fail' ? 'fail' : said.verdict;
}

/** Waits for one half; what does not answer is said, and leaves the other. */
async function inTime<T extends Finding>(
  source: string,
  { signal }: LookContext,
  half: () => Promise<T>,
): Promise<T | Finding> {
  return withTimeLimit(limitMs, signal, half).catch((error: unknown): Finding => {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return { verdict: 'inconclusive', reason: `no answer from ${source}: ${reason}` };
  });
}
