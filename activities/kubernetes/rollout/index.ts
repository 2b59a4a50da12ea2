import type { KubernetesEntry } from '../../../contract/catalog/targets/kubernetes.ts';
import { judgeDaemonSet } from './daemon-set.ts';
import { judgeDeployment } from './deployment.ts';
import type { Judgement, RolloutView } from './judgement.ts';
import { judgeStatefulSet } from './stateful-set.ts';

/** Judges a roll-out by the rules of each kind of workload. A further kind is a file here and a line. */
export const judges = {
  StatefulSet: judgeStatefulSet,
  Deployment: judgeDeployment,
  DaemonSet: judgeDaemonSet,
} satisfies Record<KubernetesEntry['workload']['kind'], (view: RolloutView) => Judgement>;
