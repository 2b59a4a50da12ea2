import { nodeName } from './node-name.ts';

const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const reads = ['get', 'list', 'watch'];

/** Groups and users of the cluster's own programs: what they only read says nothing about a release. */
const clusterItself = { userGroups: ['system:serviceaccounts:kube-system'] };
const clusterUsers = { users: ['system:kube-controller-manager', 'system:apiserver', `system:node:${nodeName}`] };

/**
 * What the API server's audit log holds: every write but of events, with its whole object where that is no secret, and
 * who read. The first rule that fits counts (platform: audit.k8s.io/v1, Policy). Nothing of a Secret but its metadata,
 * nor of a ConfigMap, nor any token.
 */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    { level: 'None', nonResourceURLs: ['/*'] },
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    {
      level: 'None',
      verbs: writes,
      resources: [
        { group: '', resources: ['events'] },
        { group: 'events.k8s.io', resources: ['events'] },
      ],
    },
    { level: 'None', verbs: reads, ...clusterItself },
    { level: 'None', verbs: reads, ...clusterUsers },
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'configmaps', 'serviceaccounts/token'] }] },
    {
      level: 'RequestResponse',
      verbs: writes,
      resources: [
        { group: '', resources: ['pods', 'pods/binding', 'pods/eviction', 'services'] },
        {
          group: 'apps',
          resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'controllerrevisions', '*/scale'],
        },
        { group: 'batch', resources: ['jobs', 'cronjobs'] },
        { group: 'autoscaling', resources: ['horizontalpodautoscalers'] },
        { group: 'policy', resources: ['poddisruptionbudgets'] },
      ],
    },
    { level: 'Metadata' },
  ],
};
