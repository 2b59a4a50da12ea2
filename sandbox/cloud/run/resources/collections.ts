import type { Cloud } from '../../core/cloud.ts';
import type { Collection } from '../../store/store.ts';
import type { ProcessRecord } from '../../../containers/orphans.ts';
import type { Execution, Job, Revision, Service, Task } from './resources.ts';

/** Everything that Cloud Run keeps, by full resource name. */
export interface RunState {
  services: Collection<Service>;
  revisions: Collection<Revision>;
  jobs: Collection<Job>;
  executions: Collection<Execution>;
  tasks: Collection<Task>;
  /** Attempts that run now, by the task's name; one that is still here after a restart was lost. */
  attempts: Collection<number>;
  /** Digests of revisions' and executions' images when they were created: a moved tag does not move them. */
  pinnedImages: Collection<string>;
  /** The number of revisions that a service has had, for the next one's name; survives theirs, not its own deletion. */
  revisionCounts: Collection<number>;
  /** Containers that run now, so that a later emulator can end what a killed one left. */
  processes: Collection<ProcessRecord>;
}

/** The ground that services and jobs both stand on. */
export interface RunParts {
  cloud: Cloud;
  state: RunState;
}

export function openRunState(cloud: Cloud): RunState {
  const { store } = cloud;
  return {
    services: store.collection('run.services'),
    revisions: store.collection('run.revisions'),
    jobs: store.collection('run.jobs'),
    executions: store.collection('run.executions'),
    tasks: store.collection('run.tasks'),
    attempts: store.collection('run.attempts'),
    pinnedImages: store.collection('run.pinnedImages'),
    revisionCounts: store.collection('run.revisionCounts'),
    processes: store.collection('run.processes'),
  };
}

/** Changes one resource in its collection; does nothing when it is gone. */
export function change<T>(collection: Collection<T>, name: string, edit: (present: T) => T): T | undefined {
  const present = collection.get(name);
  if (present === undefined) return undefined;
  const changed = edit(present);
  collection.put(name, changed);
  return changed;
}
