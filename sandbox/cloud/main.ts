import { parseArgs } from 'node:util';
import { serveCloud } from './serve.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    'grpc-port': { type: 'string', default: '0' },
    'http-port': { type: 'string', default: '0' },
    'git-dir': { type: 'string' },
    tempo: { type: 'string', default: '{}' },
  },
});

if (!values.dir) {
  process.stderr.write(
    'usage: node sandbox/cloud/main.ts --dir <folder> [--grpc-port N] [--http-port N] ' +
      '[--git-dir <folder>] [--tempo <json>]\n',
  );
  process.exit(2);
}

const served = await serveCloud({
  dir: values.dir,
  gitDir: values['git-dir'] ?? `${values.dir}/repos`,
  grpcPort: Number(values['grpc-port']),
  httpPort: Number(values['http-port']),
  tempo: JSON.parse(values.tempo) as unknown,
});

let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await served.stop();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
process.stdout.write(`${JSON.stringify({ ready: true, ...served.description })}\n`);
