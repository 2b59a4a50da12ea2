import type { BaselineCheck, BaselineReport } from '../../contract/baseline.ts';
import { commitCheck, postgresChecks, type BaselineCommand } from '../../contract/catalog/baseline.ts';
import { invalidInput } from '../failure.ts';
import { SecretTexts } from '../redaction/secret-texts.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { DatabaseServer } from '../ports/databases.ts';
import type { Checkout, Ports, ServiceBaseline } from '../ports/index.ts';
import type { Progress } from '../ports/target.ts';
import { check, notMade } from './check.ts';
import { checkCommand } from './command-check.ts';
import { LiveOutput } from './live-output.ts';
import { checkDatabases, checkServer, type PostgresSubject } from './postgres-checks.ts';

type BaselinePorts = Pick<Ports, 'catalog' | 'connection' | 'databases' | 'programs' | 'sources' | 'workerSecrets'>;

interface BaselineRequest extends ServiceBaseline {
  /** Null for the head of the release branch. */
  commit: string | null;
  list: BaselineReport['list'];
}

/** Checks the baseline of a service on the machine of the worker (runbook 001, sections 8 and 9; runbook 003). */
export function createBaselineActivities(ports: BaselinePorts) {
  return {
    /** Finds what the catalog says of a service's baseline, and what the server can record. */
    async resolveBaseline({ service, list }: { service: string; list: BaselineReport['list'] }) {
      const found = await ports.catalog.baseline(service);
      if ('message' in found) throw invalidInput([found]);
      if (list === 'validation' && found.baseline.validation.length === 0)
        throw invalidInput([{ path: 'validation', message: `${service} has no validation commands in the catalog` }]);
      return { ...found, searchAttributes: await ports.connection.knownSearchAttributes() };
    },

    /** Makes all checks in order. A check that fails is an answer; a repeat makes them all again. */
    checkBaseline: async (request: BaselineRequest): Promise<Pick<BaselineReport, 'commit' | 'checks'>> =>
      withHeartbeat((progress, signal) => checkAll(ports, request, progress, signal)),
  };
}

async function checkAll(
  ports: BaselinePorts,
  request: BaselineRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<Pick<BaselineReport, 'commit' | 'checks'>> {
  const secrets = new SecretTexts();
  const output = new LiveOutput(progress, secrets);
  const subject = subjectOf(request, ports, secrets);
  const commands = request.list === 'validation' ? request.baseline.validation : request.baseline.commands;
  const before = await checkPostgres(subject, ports, output, signal);
  const source = await openSource(request, ports, output);
  const checks = [...before, source.check];
  try {
    const obstacle = checks.find(isObstacle);
    const context = {
      programs: ports.programs,
      folders: { folder: source.checkout?.folder ?? '', mirror: source.checkout?.mirror ?? null },
      variables: request.baseline.variables,
      postgresUrl: subject ? urlOf(subject.server) : '',
      output,
      signal,
    };
    const run = async (command: BaselineCommand): Promise<BaselineCheck> => {
      if (obstacle) return notMade(command.name, `${obstacle.name} did not pass`);
      output.begin(command.name);
      return checkCommand(command, context);
    };
    for (const command of commands) checks.push(await run(command));
    return { commit: source.commit, checks };
  } finally {
    await source.checkout?.close();
  }
}

/** Without a server that lets us in and without sources no command says anything. One may create a missing database. */
function isObstacle({ name, verdict }: BaselineCheck): boolean {
  return verdict === 'inconclusive' || (verdict === 'fail' && name !== databasesCheck);
}

const [serverCheck, databasesCheck] = postgresChecks;

async function checkPostgres(
  subject: PostgresSubject | null,
  { databases }: BaselinePorts,
  output: LiveOutput,
  signal: AbortSignal,
): Promise<BaselineCheck[]> {
  if (!subject) return [];
  output.begin(serverCheck);
  const server = await checkServer(subject, databases, signal);
  for (const line of server.seen) output.add(line);
  if (server.verdict !== 'pass') return [server, notMade(databasesCheck, `${serverCheck} did not pass`)];
  output.begin(databasesCheck);
  const existing = await checkDatabases(subject, databases, signal);
  for (const line of existing.seen) output.add(line);
  return [server, existing];
}

interface Source {
  check: BaselineCheck;
  commit: string;
  checkout: Checkout | null;
}

/** Checks out the commit whose commands are run: one of the release branch, since they run on this machine. */
async function openSource(
  { repository, commit: wanted }: BaselineRequest,
  { sources }: BaselinePorts,
  output: LiveOutput,
): Promise<Source> {
  output.begin(commitCheck);
  let commit = wanted ?? '';
  let checkout: Checkout | null = null;
  const made = await check(commitCheck, async () => {
    if (commit === '') commit = await sources.head(repository);
    const { found, onBranch, subject } = await sources.commit(repository, commit);
    if (!found || !onBranch) {
      const reason = found
        ? `commit ${commit} is not on the release branch ${repository.branch}`
        : `${repository.url} has no commit ${commit}`;
      return { verdict: 'fail', reason, next: `give a commit of ${repository.branch}` };
    }
    checkout = await sources.checkout(repository, commit);
    return { verdict: 'pass', reason: `${commit}: ${subject}` };
  });
  const next = made.verdict === 'inconclusive' ? `see that the worker can read ${repository.url}` : made.next;
  return { check: { ...made, next }, commit, checkout };
}

/** Reads the password of the database server and keeps it out of all texts; one that is the user's name is none. */
function subjectOf(
  { baseline: { postgres } }: BaselineRequest,
  { workerSecrets }: BaselinePorts,
  secrets: SecretTexts,
): PostgresSubject | null {
  if (!postgres) return null;
  const { address, password: reference, user } = postgres;
  const password = reference ? workerSecrets.read(reference.variable) : null;
  if (reference && password !== null && password !== user) secrets.keep(password);
  const [host = '', port = ''] = address.split(':');
  const unsetVariable = reference && password === null ? reference.variable : null;
  return { postgres, server: { host, port: Number(port), user, password }, unsetVariable };
}

function urlOf({ host, port, user, password }: DatabaseServer): string {
  const credentials = [user, ...(password === null ? [] : [password])].map(encodeURIComponent).join(':');
  return `postgres://${credentials}@${host}:${port}`;
}
