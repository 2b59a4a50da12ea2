import { join } from 'node:path';

/** The environment variable that names the file to a service: a list of the ways in which it misbehaves. */
export const misbehaviourVariable = 'SANDBOX_MISBEHAVIOUR';

/** Names the folder of the files of all services, in the cloud's folder. */
export const misbehaviourFolder = (cloudDir: string): string => join(cloudDir, 'misbehaviour');

/** Names the file of a Cloud Run service. */
export const cloudRunMisbehaviour = (cloudDir: string, service: string): string =>
  join(misbehaviourFolder(cloudDir), 'cloud-run', `${service}.json`);

/** Names the file of the pods of a namespace. */
export const clusterMisbehaviour = (cloudDir: string, namespace: string): string =>
  join(misbehaviourFolder(cloudDir), 'cluster', `${namespace}.json`);
