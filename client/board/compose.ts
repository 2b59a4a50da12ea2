import type { Problem } from '../../contract/failures.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { EveryEnvironment } from '../requests/every-environment.ts';
import { ofPlace, type Board, type BoardPlace } from './board.ts';
import type { BoardClient, Gathered } from './gather.ts';
import { pastChanges } from './past.ts';
import type { PlaceMemory } from './place-memory.ts';
import type { PlatformLooks } from './platform-looks.ts';

/** The environments of this machine's catalog, and what keeps it from being read whole. */
export type BoardCatalog = Pick<EveryEnvironment, 'places' | 'problems'>;

/** What Temporal has answered, and when; null where it has not yet. */
export type Answers = { at: string; gathered: Gathered } | null;

interface Parts {
  catalog: BoardCatalog;
  answers: Answers;
  outage: Board['outage'];
  temporal: Board['temporal'];
  now: Date;
  memory: PlaceMemory;
  looks: Pick<PlatformLooks, 'answerOf'>;
  slipway: Pick<BoardClient, 'link'>;
}

const nothing: Gathered = { environments: [], runs: [], past: [], notices: [], silence: null };

/** Makes the board of what Temporal, the catalog and the platform have said. */
export async function composeBoard(parts: Parts): Promise<Board> {
  const { catalog, answers, outage, temporal, now, slipway } = parts;
  const { environments, runs: all, past, notices, silence } = answers?.gathered ?? nothing;
  const { incidents = [], runs = [] } = Object.groupBy(all, ({ workflowType }) =>
    workflowType === workflowTypes.incident ? 'incidents' : 'runs',
  );
  const names = [...catalog.places, ...environments.filter((one) => ofPlace(catalog.places, one).length === 0)];
  const places = await Promise.all(names.map(async (name) => placeOf(name, parts)));
  return {
    ...{ at: answers?.at ?? null, temporal, outage, silence, places, runs, incidents },
    past: pastChanges(places, past, { link: (workflowId, runId) => slipway.link(workflowId, runId), now }),
    notices: [...notices, ...catalog.problems.map(noticeOf)],
  };
}

/** Says what of the catalog is missing. A machine need not have one at all. */
function noticeOf({ path, message }: Problem): string {
  if (path === 'catalog') return `Only environments that Temporal knows are shown: ${message}`;
  return `The catalog is not whole. ${path}: ${message}`;
}

async function placeOf(
  { service, environment }: EnvironmentName,
  { catalog, answers, outage, now, memory, looks }: Parts,
): Promise<BoardPlace> {
  const place = { service, environment };
  const [found] = ofPlace(answers?.gathered.environments ?? [], place);
  const answer = answers ? (found?.answer ?? null) : (outage?.reason ?? '');
  return {
    ...place,
    link: found?.link ?? null,
    unusable: ofPlace(catalog.places, place)[0]?.unusable ?? null,
    state: await memory.stateOf(place, answer, answers?.at ?? now.toISOString()),
    platform: looks.answerOf(place),
  };
}
