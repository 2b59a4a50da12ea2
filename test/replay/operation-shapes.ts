import { baseline } from '../../contract/catalog/baseline.ts';
import { eventually } from '../until.ts';
import { until } from '../workflows/harness.ts';
import {
  approve,
  decide,
  drillOf,
  release,
  rollbackOf,
  rotationOf,
  untilParked,
  untilWaitingFor,
} from '../workflows/runs.ts';
import { clusterTarget, drillPolicy, failingSmoke, noApprovals, World } from '../workflows/world.ts';
import { ended, type Shape } from './shape.ts';

const world = () => new World({ approvals: noApprovals, target: clusterTarget, drill: drillPolicy });

/** Ways through operations: runs that hold an environment and are no changes. */
export const operationShapes: readonly Shape[] = [
  {
    names: ['drill'],
    world,
    async play({ world: place, start, keep }) {
      await ended(await start('drill', drillOf(place)), 'drill', keep);
    },
  },
  {
    names: ['baseline', 'baseline-unhealthy'],
    async play({ world: place, start, keep }) {
      await ended(await start('baseline', { service: place.service }), 'baseline', keep);
      place.baseline = baseline.parse({ commands: [{ name: 'test', command: ['false'] }] });
      await ended(await start('baseline', { service: place.service }), 'baseline-unhealthy', keep);
    },
  },
  {
    names: ['drill-preempted'],
    world,
    async play({ world: place, start, keep }) {
      await release(start, place);
      place.holdNext('ready');
      const run = await start('drill', drillOf(place, { kind: 'restart' }));
      await until(run, () => place.ended.length === 1);
      const rollback = await start('rollback', rollbackOf(place));
      await ended(run, 'drill-preempted', keep);
      await rollback.result();
    },
  },
  {
    names: ['rotate-secrets'],
    patches: ['rotation-ends-if-served'],
    world: () => new World(),
    async play({ world: place, start, keep }) {
      const run = await start('rotateSecrets', rotationOf(place));
      await approve(run);
      await ended(run, 'rotate-secrets', keep);
    },
  },
  {
    names: ['rotate-secrets-overtaken'],
    patches: ['rotation-ends-if-served'],
    world: () => new World({ approvals: noApprovals }),
    async play({ world: place, start, keep }) {
      const resume = place.holdNext('stageSecrets');
      const first = await start('rotateSecrets', rotationOf(place));
      await eventually('the call stageSecrets', async () => place.isHeld('stageSecrets'));
      const second = await start('rotateSecrets', rotationOf(place));
      await untilWaitingFor(second, 'queue');
      resume();
      await first.result();
      await ended(second, 'rotate-secrets-overtaken', keep);
    },
  },
  {
    names: ['rotate-secrets-taken-back'],
    world: () => new World({ approvals: noApprovals, smoke: failingSmoke }),
    async play({ world: place, start, keep }) {
      await ended(await start('rotateSecrets', rotationOf(place)), 'rotate-secrets-taken-back', keep);
    },
  },
  {
    names: ['rotate-secrets-without-way-back'],
    world: () => new World({ approvals: noApprovals, target: clusterTarget }),
    async play({ world: place, start, keep }) {
      place.secretVersions['DATABASE_URL'] = 'latest';
      const run = await start('rotateSecrets', rotationOf(place));
      await untilParked(run);
      await decide(run, 'skip', { note: 'it is the same value' });
      await ended(run, 'rotate-secrets-without-way-back', keep);
    },
  },
];
