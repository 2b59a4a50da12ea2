import { execFile } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import { temporaryFolders } from './folders.ts';
import { withCloud } from './stage.ts';

const run = promisify(execFile);
const folders = temporaryFolders();

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Types the commands of runbook 000 with the real gcloud. Where it is not installed, other tests send the same
 * requests.
 */
describe.skipIf(!isInstalled('gcloud'))('gcloud', { timeout: 120_000 }, () => {
  let cloud: CloudProcess;
  let env: NodeJS.ProcessEnv;

  withCloud((started) => {
    cloud = started;
    const endpoint = `http://127.0.0.1:${cloud.httpPort}/`;
    env = {
      PATH: process.env['PATH'],
      CLOUDSDK_CONFIG: folders.create('gcloud'),
      CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: endpoint,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBUILD: endpoint,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: endpoint,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${endpoint}storage/v1/`,
      CLOUDSDK_AUTH_DISABLE_CREDENTIALS: 'true',
      CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
      CLOUDSDK_CORE_PROJECT: cloud.project,
    };
  });

  async function gcloud(...args: string[]): Promise<unknown> {
    const { stdout } = await run('gcloud', [...args, '--format=json'], { env });
    return stdout === '' ? undefined : (JSON.parse(stdout) as unknown);
  }

  test('logging read answers the two questions of the runbook', async () => {
    const entry = (service: string, more: object): object => ({
      logName: `projects/${cloud.project}/logs/run.googleapis.com%2Frequests`,
      resource: { type: 'cloud_run_revision', labels: { service_name: service } },
      severity: 'ERROR',
      ...more,
    });
    const entries = [
      entry('openagents-web', { httpRequest: { status: 500 } }),
      entry('openagents-web', { httpRequest: { status: 404 } }),
      entry('openagents-runtime', { textPayload: 'no table' }),
    ];
    await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/entries:write`, {
      method: 'POST',
      body: JSON.stringify({ entries }),
    });
    const read = (filter: string): Promise<unknown> =>
      gcloud('logging', 'read', filter, '--project', cloud.project, '--freshness=10m', '--limit=20');
    expect(
      await read(
        'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-web"' +
          ' AND httpRequest.status=500',
      ),
    ).toMatchObject([{ httpRequest: { status: 500 } }]);
    expect(
      await read(
        'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-runtime" AND severity>=ERROR',
      ),
    ).toMatchObject([{ textPayload: 'no table' }]);
    await expect(read('service_name="openagents-web"')).rejects.toThrow(
      /INVALID_ARGUMENT: Unparseable filter: Field not found: 'service_name'/,
    );
  });

  test('builds submit uploads, builds and pushes', async () => {
    const folder = folders.create('submit');
    const image = `${cloud.region}-docker.pkg.dev/$PROJECT_ID/runtime/openagents-runtime:$_TAG`;
    const config = {
      steps: [{ name: 'gcr.io/cloud-builders/docker', args: ['build', '-t', image, '.'] }],
      images: [image],
      options: { logging: 'CLOUD_LOGGING_ONLY' },
    };
    writeFileSync(join(folder, 'Procfile'), 'web: node server.js\n');
    writeFileSync(join(folder, 'server.js'), 'console.log(1);\n');
    writeFileSync(join(folder, 'cloudbuild.yaml'), JSON.stringify(config));
    const build = await gcloud(
      'builds',
      'submit',
      '--config',
      join(folder, 'cloudbuild.yaml'),
      '--substitutions',
      '_TAG=abc1234',
      '--region',
      cloud.region,
      '--suppress-logs',
      folder,
    );
    expect(build).toMatchObject({
      status: 'SUCCESS',
      results: { images: [{ name: image.replace('$PROJECT_ID', cloud.project).replace('$_TAG', 'abc1234') }] },
    });
    const tags = await gcloud(
      'artifacts',
      'docker',
      'tags',
      'list',
      `${cloud.region}-docker.pkg.dev/${cloud.project}/runtime/openagents-runtime`,
    );
    expect(tags).toMatchObject([{ tag: expect.stringContaining('abc1234') as string }]);
  });
});
