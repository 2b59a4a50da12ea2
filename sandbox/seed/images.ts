import type { protos } from '@google-cloud/cloudbuild';
import { callOptions, ifThere, readUntil } from './calls.ts';
import type { Clients, CloudAddress } from './clients.ts';
import { httpUrl } from './clients.ts';
import type { ImageName } from './estate.ts';

type Build = protos.google.devtools.cloudbuild.v1.IBuild;

const failedStates = new Set(['FAILURE', 'INTERNAL_ERROR', 'TIMEOUT', 'CANCELLED', 'EXPIRED']);
const shortCommitLength = 7;

/** Makes an image's path `<host>/<project>/<repository>/<image>`, without tag or digest. */
const imagePath = ({ project, region }: CloudAddress, { repository, image }: ImageName): string =>
  `${region}-docker.pkg.dev/${project}/${repository}/${image}`;

const builtAlready = async (
  clients: Clients,
  { project, region }: CloudAddress,
  { repository, image }: ImageName,
  tag: string,
): Promise<string | undefined> => {
  const name = `projects/${project}/locations/${region}/repositories/${repository}/packages/${image}/tags/${tag}`;
  const found = await ifThere(clients.artifacts.getTag({ name }, callOptions));
  return found?.[0].version?.split('/').pop();
};

const buildOf = (path: string, url: string, commit: string): Build => ({
  source: { gitSource: { url, revision: commit } },
  steps: [
    {
      name: 'gcr.io/k8s-skaffold/pack',
      entrypoint: 'pack',
      args: ['build', `${path}:${commit}`, '--builder', 'gcr.io/buildpacks/builder'],
    },
  ],
  images: [`${path}:${commit}`, `${path}:${commit.slice(0, shortCommitLength)}`],
});

const finished = ({ status, statusDetail }: Build): boolean => {
  if (failedStates.has(String(status)))
    throw new Error(`the build ended ${String(status)}: ${statusDetail ?? 'no detail'}`);
  return status === 'SUCCESS';
};

/**
 * Builds a commit of a sample repository with Cloud Build, unless its tag is in the registry. Answers the image by
 * digest.
 */
export const buildImage = async (
  clients: Clients,
  cloud: CloudAddress,
  name: ImageName,
  commit: string,
): Promise<string> => {
  const path = imagePath(cloud, name);
  const there = await builtAlready(clients, cloud, name, commit);
  if (there !== undefined) return `${path}@${there}`;
  const parent = `projects/${cloud.project}/locations/${cloud.region}`;
  const build = buildOf(path, `${httpUrl(cloud)}/git/${name.image}.git`, commit);
  const [operation] = await clients.builds.createBuild({ parent, projectId: cloud.project, build }, callOptions);
  const id = (operation.metadata as { build?: Build } | null)?.build?.id;
  if (!id) throw new Error(`the build of ${name.image} at ${commit} has no id`);
  const read = async (): Promise<Build> => {
    const [found] = await clients.builds.getBuild(
      { name: `${parent}/builds/${id}`, projectId: cloud.project, id },
      callOptions,
    );
    return found;
  };
  const { results } = await readUntil(`building ${name.image}`, read, finished);
  const digest = results?.images?.[0]?.digest;
  if (!digest) throw new Error(`the build of ${name.image} at ${commit} has no digest`);
  return `${path}@${digest}`;
};
