import { join } from 'node:path';
import type { ChildSpec } from '../../supervisor/child.ts';
import { answers } from '../answers.ts';
import type { ClusterPlan } from '../cluster-plan.ts';

/**
 * Describes etcd. It does not wait for the disk: what it has survives the end of the process, not of the machine. Its
 * one member needs no short heartbeat, which would be most of what an idle etcd does.
 */
export const etcdSpec = ({ folder, logs, programs, ports, credentials }: ClusterPlan): ChildSpec => {
  const clients = `https://127.0.0.1:${ports.etcd}`;
  const peers = `https://127.0.0.1:${ports.etcdPeer}`;
  const { certificate, key } = credentials.of('etcd');
  return {
    name: 'etcd',
    command: programs.etcd,
    args: [
      ...['--name=slipway', `--data-dir=${join(folder, 'etcd')}`, '--unsafe-no-fsync', '--log-level=warn'],
      ...[`--listen-client-urls=${clients}`, `--advertise-client-urls=${clients}`],
      ...[
        `--listen-peer-urls=${peers}`,
        `--initial-advertise-peer-urls=${peers}`,
        `--initial-cluster=slipway=${peers}`,
      ],
      ...['--client-cert-auth', `--trusted-ca-file=${credentials.authority}`],
      ...[`--cert-file=${certificate}`, `--key-file=${key}`],
      ...['--peer-client-cert-auth', `--peer-trusted-ca-file=${credentials.authority}`],
      ...[`--peer-cert-file=${certificate}`, `--peer-key-file=${key}`],
      ...['--heartbeat-interval=500', '--election-timeout=2500'],
    ],
    stopSignal: 'SIGTERM',
    log: join(logs, 'etcd.log'),
    answers: () =>
      answers({
        url: `${clients}/health`,
        authority: credentials.authority,
        client: credentials.of('apiServerToEtcd'),
      }),
  };
};
