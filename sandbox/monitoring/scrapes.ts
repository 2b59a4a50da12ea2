import type { SampleService } from '../seed/estate.ts';
import { sampleServices } from '../seed/estate.ts';

export interface Discovery {
  /** URL that lists the instances on Cloud Run. */
  instances: string;
  /** File that lists the pods of the cluster. */
  pods: string;
}

const observable = sampleServices.filter(({ isObservable }) => isObservable);
const cloudRunNames = (services: SampleService[]): string[] =>
  services.flatMap(({ environments }) => environments.flatMap(({ service }) => service ?? []));

/** Copies a label of the discovery to one of the series. */
const copy = (from: string, to: string) => ({ source_labels: [from], target_label: to });

/** Gives a label where a label of the discovery matches; the value may use groups of the expression. */
const give = (from: string, regex: string, label: string, value: string) => ({
  ...copy(from, label),
  regex,
  replacement: value,
});

/**
 * Scrapes every instance of a service on Cloud Run that serves metrics. The service's name says the environment, as
 * the estate has it: production has no suffix. A service that is not of the estate counts as one that serves metrics.
 */
const cloudRun = ({ instances }: Discovery) => ({
  job_name: 'cloud-run',
  http_sd_configs: [{ url: instances, refresh_interval: '1s' }],
  relabel_configs: [
    {
      source_labels: ['__meta_run_service'],
      regex: cloudRunNames(sampleServices.filter(({ isObservable }) => !isObservable)).join('|'),
      action: 'drop',
    },
    copy('__meta_run_service', 'service'),
    give('__meta_run_service', '.+', 'environment', 'production'),
    give('__meta_run_service', '.+-staging', 'environment', 'staging'),
    give('__meta_run_service', '(.+)-staging', 'service', '$1'),
    copy('__meta_run_revision', 'revision'),
  ],
});

/** Scrapes the pods of the observable services in the namespaces of the estate. */
const cluster = ({ pods }: Discovery) => {
  const places = observable.flatMap(({ name, environments }) =>
    environments.flatMap(({ name: environment, cluster: deployment }) =>
      deployment ? [{ service: name, environment, namespace: deployment.namespace }] : [],
    ),
  );
  const place = ['__meta_kubernetes_namespace', '__meta_kubernetes_pod_label_app'];
  return {
    job_name: 'cluster',
    file_sd_configs: [{ files: [pods], refresh_interval: '2s' }],
    relabel_configs: [
      {
        source_labels: place,
        regex: places.map(({ service, namespace }) => `${namespace};${service}`).join('|'),
        action: 'keep',
      },
      copy('__meta_kubernetes_pod_label_app', 'service'),
      ...places.map(({ namespace, environment }) =>
        give('__meta_kubernetes_namespace', namespace, 'environment', environment),
      ),
      copy('__meta_kubernetes_pod_name', 'pod'),
    ],
  };
};

/** Describes the scrapes of the sample services: each series says its service and environment. */
export const serviceScrapes = (discovery: Discovery): object[] => [cloudRun(discovery), cluster(discovery)];
