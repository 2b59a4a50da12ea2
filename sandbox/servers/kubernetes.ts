import type { Server } from './server.ts';

/** The programs of Kubernetes, built together from one module: all of one version. */
const common = {
  module: 'kubernetes',
  packages: [
    'k8s.io/kubernetes/cmd/kube-apiserver',
    'k8s.io/kubernetes/cmd/kube-controller-manager',
    'k8s.io/kubernetes/cmd/kubectl',
  ],
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
