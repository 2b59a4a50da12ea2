import { z } from 'zod';
import type { Store } from '../store/store.ts';

const worldSchema = z.strictObject({
  /** True if starting an execution changes the job's etag and update time. */
  runMovesEtag: z.boolean(),
  /** True if RunJob refuses an etag that is not the job's. */
  runChecksEtag: z.boolean(),
  /**
   * What becomes of a job's startExecutionToken: kept; dropped when the job is run in another way; ignored, as a field
   * that the platform does not know; refused, as one of an earlier launch stage.
   */
  startToken: z.enum(['kept', 'dropped', 'ignored', 'refused']),
  /** Which digest revisions, jobs and executions name of an index: its own, or that of the image which runs here. */
  namedImage: z.enum(['asked', 'platform']),
  /** True if the status of a traffic target on the latest revision names that revision. */
  latestNamesRevision: z.boolean(),
  /** True if labels and annotations of the platform, which it refuses in writes, stand in what is read. */
  platformKeys: z.boolean(),
  /** True if an etag is made of update time and name; else it is random. */
  etagOfUpdateTime: z.boolean(),
  /** True if a change that was accepted a moment ago shows the status of before it, and no new revision. */
  lateStatus: z.boolean(),
  /** True if a generation whose change failed counts as observed. */
  failureObserved: z.boolean(),
  /** True if a write that leaves a template with a name of its own as it is is refused, as if it made that revision. */
  namedTemplateRefused: z.boolean(),
  /** True if a stack trace on stderr is one entry of severity ERROR; else each of its lines is an entry. */
  tracesAsOne: z.boolean(),
});

/** What nobody outside the platform can know of it, as the emulator answers at this time. */
export type WorldValues = z.infer<typeof worldSchema>;

export interface World {
  readonly now: Readonly<WorldValues>;
  /** Takes a world by its name, or changes single values of the present one. Throws a ZodError. */
  change(change: unknown): WorldValues;
}

/**
 * The worlds that have names. `recorded`: as recordings of the platform and what its users published show it.
 * `described`: as its API's descriptions can be read. `bare`: the least that it may be.
 */
const worlds = {
  recorded: {
    runMovesEtag: false,
    runChecksEtag: true,
    startToken: 'dropped',
    namedImage: 'asked',
    latestNamesRevision: false,
    platformKeys: false,
    etagOfUpdateTime: true,
    lateStatus: true,
    failureObserved: true,
    namedTemplateRefused: false,
    tracesAsOne: true,
  },
  described: {
    runMovesEtag: true,
    runChecksEtag: true,
    startToken: 'kept',
    namedImage: 'asked',
    latestNamesRevision: true,
    platformKeys: false,
    etagOfUpdateTime: false,
    lateStatus: false,
    failureObserved: false,
    namedTemplateRefused: false,
    tracesAsOne: false,
  },
  bare: {
    runMovesEtag: false,
    runChecksEtag: false,
    startToken: 'ignored',
    namedImage: 'platform',
    latestNamesRevision: false,
    platformKeys: true,
    etagOfUpdateTime: false,
    lateStatus: true,
    failureObserved: false,
    namedTemplateRefused: false,
    tracesAsOne: true,
  },
} as const satisfies Record<string, WorldValues>;

const changeSchema = z.strictObject({
  name: z.enum(Object.keys(worlds) as [keyof typeof worlds]).optional(),
  ...worldSchema.partial().shape,
});

/** Opens the world, which the store keeps from one start to the next. */
export function openWorld(store: Store): World {
  const stored = store.collection<Partial<WorldValues>>('world');
  let values: WorldValues = { ...worlds.recorded, ...stored.get('world') };
  return {
    get now() {
      return values;
    },
    change: (change) => {
      const { name, ...single } = changeSchema.parse(change);
      values = worldSchema.parse({ ...(name ? worlds[name] : values), ...single });
      stored.put('world', values);
      return values;
    },
  };
}
