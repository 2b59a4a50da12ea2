import { readUntil } from '../calls.ts';
import type { ClusterDeployment, SampleService } from '../estate.ts';
import { createOnce, readObject } from './kubectl.ts';
import type { Cluster } from './kubectl.ts';

interface Job {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

export interface MigrationByHand {
  name: string;
  image: string;
  run: NonNullable<SampleService['migration']>;
  deployment: Pick<ClusterDeployment, 'namespace' | 'secret'>;
}

const jobOf = ({ name, image, run, deployment: { namespace, secret } }: MigrationByHand): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'migrate', image, ...run, envFrom: [{ secretRef: { name: secret.name } }] }],
      },
    },
  },
});

/** Runs the migration once, as a Job. A Job that has run before is left alone. */
export const migrateInCluster = async (cluster: Cluster, migration: MigrationByHand): Promise<void> => {
  const { name, deployment } = migration;
  await createOnce(cluster, jobOf(migration));
  const has = ({ status }: Job, type: string) =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  const read = async () => (await readObject<Job>(cluster, deployment.namespace, `job/${name}`)) ?? {};
  await readUntil(`the Job ${name}`, read, (job) => {
    if (has(job, 'Failed')) throw new Error(`the Job ${name} failed: kubectl logs job/${name} says why`);
    return has(job, 'Complete');
  });
};
