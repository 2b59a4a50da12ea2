import { lookName, type Evidence, type Look } from '../../contract/incident/look.ts';
import { SecretReader } from '../redaction/secret-reader.ts';
import {
  maxGroups,
  type Answer,
  type IncidentPorts,
  type LookContext,
  type LookKind,
  type LookRequest,
} from './look-kind.ts';
import { fitToKeep, readSecrets } from './redaction.ts';
import { withTimeLimit } from './time-limit.ts';

/** The longest that people wait for one source: all evidence is there within 30 s of an alert. */
const limitMs = 8_000;
const maxReasonLength = 500;

/** Looks once. A source that is silent, unknown or refuses is inconclusive evidence; only a cancellation is thrown. */
export async function lookOnce(
  kind: LookKind,
  { look, ...request }: LookRequest,
  ports: IncidentPorts,
  signal: AbortSignal,
): Promise<Evidence> {
  const at = new Date().toISOString();
  const secrets = new SecretReader(ports.secrets, request.entry.settings.target);
  const context: LookContext = { ...request, ports, secrets, signal };
  const question = kind.question(look, context);
  const [answer] = await Promise.all([
    answerInTime(kind, look, context),
    withTimeLimit(limitMs, signal, () => readSecrets(secrets, request.entry)).catch(() => signal.throwIfAborted()),
  ]);
  const { verdict, reason, count, lines, points } = answer;
  return {
    name: lookName(look),
    verdict,
    reason: fitToKeep(reason, secrets, maxReasonLength),
    ...question,
    count,
    lines: lines.slice(0, maxGroups).map((line) => fitToKeep(line, secrets)),
    at,
    ...(points && { points }),
  };
}

async function answerInTime(kind: LookKind, look: Look, context: LookContext): Promise<Answer> {
  try {
    return await withTimeLimit(limitMs, context.signal, (signal) => kind.answer(look, { ...context, signal }));
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return { verdict: 'inconclusive', reason: `no answer: ${reason}`, count: null, lines: [] };
  }
}
