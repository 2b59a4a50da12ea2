import { isLoopback } from '../../activities/loopback.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { evidenceFolder } from '../../worker/config.ts';
import { openEvidenceStore } from '../../worker/evidence-store.ts';
import { chooseConnection, connectLazily, type ConnectionChoice } from '../api/connection.ts';
import { SlipwayClient } from '../api/slipway-client.ts';
import type { StoredLedger } from '../board/place-memory.ts';
import { createPlatformLooks } from '../board/platform-looks.ts';
import { serveBoard } from '../board/server.ts';
import { createBoardSource, type BoardSource } from '../board/source.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import { stopRequest } from '../cli/listening.ts';
import type { Session } from '../cli/session.ts';
import { parseDuration } from '../cli/values.ts';
import { everyEnvironment } from '../requests/every-environment.ts';
import type { BoardOptions } from './board.ts';

/** Serves the board until it is stopped; a program gets its data once. */
export async function openBoard(session: Session, options: BoardOptions): Promise<ExitCode> {
  const { output, dir, environment, interrupted } = session;
  const choice = await chooseConnection(dir, environment);
  const temporal = connectLazily(choice, 'slipway-board');
  try {
    const source = await sourceOf(session, choice, new SlipwayClient(temporal.client, choice), options);
    if (output.forProgram) return await printOnce(session, source);
    const names = (options.name ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || []);
    const server = await serveBoard({ source, host: options.host, port: options.port, names });
    output.line(`board at ${server.url}`);
    if (choice.ui === undefined) output.note('no Temporal UI is known, so nothing is linked: set TEMPORAL_UI_URL');
    if (!isLoopback(options.host)) output.note('everybody who reaches this address can read it, without a password');
    await stopRequest(interrupted);
    await server.close();
    return exitCodes.ok;
  } finally {
    await temporal.close();
  }
}

async function printOnce({ output }: Session, source: BoardSource): Promise<ExitCode> {
  const board = await source.whole();
  if (board.outage) throw CommandError.unreachable(board.outage.reason);
  output.result(board);
  return exitCodes.ok;
}

async function sourceOf(
  session: Session,
  choice: ConnectionChoice,
  slipway: SlipwayClient,
  { every, catalog }: BoardOptions,
): Promise<BoardSource> {
  const calmMs = typeof every === 'number' ? every : parseDuration(every);
  return createBoardSource({
    slipway,
    looks: createPlatformLooks({ slipway, calmMs, clock: Date.now }),
    catalog: async () => everyEnvironment(session, catalog, undefined),
    storedLedger: await storedLedgerOf(session, choice),
    temporal: { address: choice.options.address, namespace: choice.namespace },
  });
}

/** Finds the ledgers that belong to this Temporal: those of its sandbox, or where the person says they are. */
async function storedLedgerOf(
  { dir, environment }: Session,
  { options }: ConnectionChoice,
): Promise<StoredLedger | null> {
  const sandbox = await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']);
  const isOfSandbox = sandbox?.temporal?.address === options.address;
  const bucket = environment['SLIPWAY_EVIDENCE_BUCKET'];
  if (!isOfSandbox && !environment['SLIPWAY_EVIDENCE'] && !bucket) return null;
  const folder = evidenceFolder(environment, isOfSandbox ? sandbox : undefined);
  const store = await openEvidenceStore({ folder, bucket, cloud: isOfSandbox ? sandbox.cloud : undefined });
  return (place) => store.summarizeLedger(place);
}
