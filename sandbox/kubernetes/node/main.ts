import { parseArgs } from 'node:util';
import { openStoredImages } from '../../cloud/registry/stored-images.ts';
import { clusterMisbehaviour } from '../../misbehaviour/files.ts';
import { startNode } from './node.ts';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    dir: { type: 'string' },
    'cloud-dir': { type: 'string' },
    certificate: { type: 'string' },
    key: { type: 'string' },
    authority: { type: 'string' },
    'pod-network': { type: 'string', default: '127.130' },
    port: { type: 'string' },
    'lost-after-ms': { type: 'string' },
    'back-off-ms': { type: 'string' },
    'longest-back-off-ms': { type: 'string' },
    'lease-every-ms': { type: 'string' },
    targets: { type: 'string' },
  },
});

const { kubeconfig, dir, certificate, key, authority } = values;
const cloudDir = values['cloud-dir'];
if (!kubeconfig || !dir || !cloudDir || !certificate || !key || !authority) {
  process.stderr.write(
    'usage: node sandbox/kubernetes/node/main.ts --kubeconfig <file> --dir <folder> ' +
      '--cloud-dir <folder of the cloud> --certificate <file> --key <file> --authority <file>\n' +
      '  [--pod-network 127.130] [--back-off-ms N] [--longest-back-off-ms N] [--lease-every-ms N]\n' +
      '  [--port N] [--lost-after-ms N] [--targets <file>]\n',
  );
  process.exit(2);
}

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
const given = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;

const node = await startNode({
  kubeconfig,
  folder: dir,
  images: openStoredImages(cloudDir),
  misbehaviour: (namespace) => clusterMisbehaviour(cloudDir, namespace),
  targets: values.targets,
  certificate: { certificate, key, authority },
  port: number(values.port),
  podNetwork: values['pod-network'],
  tempo: given({
    backOffMs: number(values['back-off-ms']),
    longestBackOffMs: number(values['longest-back-off-ms']),
    lostAfterMs: number(values['lost-after-ms']),
  }),
  leaseEveryMs: number(values['lease-every-ms']),
  say: (line) => void process.stderr.write(`${line}\n`),
});

let isStopping = false;
const stop = async (): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  await node.stop();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
process.stdout.write(`${JSON.stringify({ ready: true, node: node.name, port: node.port, pid: process.pid })}\n`);
