import { obtain } from './obtain.ts';
import type { Say, Server } from './server.ts';

/** The version that the programs tell; a module's archive has none (platform: component-base, version/base.go). */
const linkerFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((place) => [
  `-X ${place}.gitVersion=v1.36.3`,
  `-X ${place}.gitMajor=1`,
  `-X ${place}.gitMinor=36`,
  `-X ${place}.gitTreeState=clean`,
]);

/** The programs of Kubernetes, built together from one module: all of one version. */
const common = {
  module: { folder: 'kubernetes', title: 'Kubernetes' },
  packages: [
    'k8s.io/kubernetes/cmd/kube-apiserver',
    'k8s.io/kubernetes/cmd/kube-controller-manager',
    'k8s.io/kubernetes/cmd/kubectl',
  ],
  linkerFlags,
  version: { major: 1, minor: 36, patch: 0 },
  // kubectl and the controllers may be one minor version off the API server, no more (platform: version skew policy).
  sameMinor: true,
  takes: 'four to six minutes on two cores, kube-apiserver, kube-controller-manager and kubectl together',
  go: '1.26',
};

export const kubeApiserver: Server = {
  ...common,
  title: 'Kubernetes API server',
  name: 'kube-apiserver',
  variable: 'SLIPWAY_KUBE_APISERVER',
};

export const kubeControllerManager: Server = {
  ...common,
  title: 'Kubernetes controller manager',
  name: 'kube-controller-manager',
  variable: 'SLIPWAY_KUBE_CONTROLLER_MANAGER',
};

/** kubectl, whose kustomize renders overlays. */
export const kubectl: Server = {
  ...common,
  title: 'kubectl',
  name: 'kubectl',
  variable: 'SLIPWAY_KUBECTL',
  versionArguments: ['version', '--client'],
};

export interface KubernetesPrograms {
  apiServer: string;
  controllerManager: string;
  kubectl: string;
}

/** Finds the programs of Kubernetes, one after the other: the first that is not there builds the others, too. */
export const obtainKubernetes = async (say: Say): Promise<KubernetesPrograms> => {
  const apiServer = await obtain(kubeApiserver, say);
  const controllerManager = await obtain(kubeControllerManager, say);
  return { apiServer, controllerManager, kubectl: await obtain(kubectl, say) };
};
