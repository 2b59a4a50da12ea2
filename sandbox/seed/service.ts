import type { protos } from '@google-cloud/run';
import { callOptions, ifThere, readUntil } from './calls.ts';
import type { Clients, CloudAddress } from './clients.ts';

type Service = protos.google.cloud.run.v2.IService;
export type EnvironmentVariable = protos.google.cloud.run.v2.IEnvVar;

/** Makes a container's environment: plain values, and secrets by reference at their latest version. */
export const environmentOf = (
  values: Record<string, string>,
  secrets: Record<string, string> = {},
): EnvironmentVariable[] => [
  ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ...Object.entries(secrets).map(([name, secret]) => ({
    name,
    valueSource: { secretKeyRef: { secret, version: 'latest' } },
  })),
];

const serving = (service: Service): boolean => {
  if (service.reconciling) return false;
  const { state, message } = service.terminalCondition ?? {};
  if (state === 'CONDITION_FAILED') throw new Error(`${service.name} is not ready: ${message ?? 'no reason given'}`);
  return state === 'CONDITION_SUCCEEDED';
};

/**
 * Creates a Cloud Run service as a deploy by hand does, and answers it when it serves. All traffic goes to the latest
 * revision. One that is there is answered as it is: since the first seed others release it, and a bad release is theirs
 * to mend.
 */
export const createService = async (
  clients: Clients,
  cloud: CloudAddress,
  serviceId: string,
  image: string,
  env: EnvironmentVariable[],
): Promise<Service> => {
  const parent = `projects/${cloud.project}/locations/${cloud.region}`;
  const name = `${parent}/services/${serviceId}`;
  const read = async (): Promise<Service> => (await clients.services.getService({ name }, callOptions))[0];
  const there = await ifThere(read());
  if (there?.uri) return there;
  if (there === undefined) {
    await clients.services.createService({ parent, serviceId, service: handMade(image, env) }, callOptions);
  }
  return readUntil(`starting ${serviceId}`, read, serving);
};

const handMade = (image: string, env: EnvironmentVariable[]): Service => ({
  client: 'gcloud',
  ingress: 'INGRESS_TRAFFIC_ALL',
  template: {
    scaling: { minInstanceCount: 1, maxInstanceCount: 4 },
    containers: [{ image, env, ports: [{ containerPort: 8080 }] }],
  },
  traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
});
