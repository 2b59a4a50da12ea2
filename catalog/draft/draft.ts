import { Document, isScalar, visit } from 'yaml';
import type { z } from 'zod';
import type { catalogFile } from '../../contract/catalog/catalog.ts';

type FileInput = z.input<typeof catalogFile>;
type EnvironmentInput = FileInput['environments'][string];

/** What a first catalog file of a service has to be told; the rest is usual. */
export interface Draft {
  service: string;
  description: string;
  repository: FileInput['repository'];
  project: string;
  region: string;
  /** True where the image is made by the Dockerfile; else buildpacks make it. */
  withDocker: boolean;
  /** People who approve releases. */
  approvers: string[];
  /** People who ask for them. */
  developers: string[];
  /** In the order of a release. */
  environments: string[];
  healthPath: string;
  migration: EnvironmentInput['migration'] | null;
  /** Whether the service has its database's address from a secret. */
  hasDatabase: boolean;
  bake: EnvironmentInput['bake'];
  /** Variables besides the commit. */
  variables?: Record<string, string>;
}

interface PlatformNames {
  service: string;
  job: string;
  databaseSecret: string;
}

/** Names what an environment has on the platform: the service itself in production, elsewhere with a suffix. */
export function namesIn(service: string, environment: string): PlatformNames {
  const prefix = environment === 'production' ? service : `${service}-${environment}`;
  return { service: prefix, job: `${prefix}-migrate`, databaseSecret: `${prefix}-database-url` };
}

/** Writes the text of a catalog file. `schema` is where an editor finds the schema; null for nowhere. */
export function draftText(draft: Draft, schema: string | null): string {
  const file = new Document(fileOf(draft), { aliasDuplicateObjects: false });
  // A list of words stands in one line, as people write it.
  visit(file, { Seq: (_key, list) => void (list.flow = list.items.every((item) => isScalar(item))) });
  const head = [
    ...(schema === null ? [] : [`# yaml-language-server: $schema=${schema}`]),
    '# Every field, and what it is if it is left out: docs/catalog.md',
  ];
  return `${head.join('\n')}\n${file.toString({ lineWidth: 110, singleQuote: true, flowCollectionPadding: false })}`;
}

function fileOf(draft: Draft): FileInput {
  const { service, description, repository, approvers, developers, environments } = draft;
  return {
    service,
    description,
    repository,
    build: buildOf(draft),
    owners: { 'release-owner': approvers, developer: developers },
    environments: Object.fromEntries(environments.map((name) => [name, environmentOf(draft, name)])),
  };
}

function buildOf({ service, project, region, withDocker }: Draft): FileInput['build'] {
  const image = `${region}-docker.pkg.dev/${project}/${service}/${service}`;
  const docker = { name: 'gcr.io/cloud-builders/docker', args: ['build', '--tag', '{image}', '.'] };
  return { kind: 'cloudBuild', project, region, image, ...(withDocker && { steps: [docker] }) };
}

function environmentOf(draft: Draft, name: string): EnvironmentInput {
  const { project, region, migration, hasDatabase, bake, variables, healthPath, environments } = draft;
  const { service, job, databaseSecret } = namesIn(draft.service, name);
  const isLast = name === environments.at(-1);
  return {
    target: { kind: 'cloudRun', project, region, service, ...(migration && { migrationJob: job }) },
    variables: { BUILD_SHA: '{commit}', ...variables },
    ...(hasDatabase && { secrets: { DATABASE_URL: { secret: databaseSecret } } }),
    ...(migration && { migration }),
    approvals: { required: isLast ? [{ role: 'release-owner' }] : [] },
    smoke: [{ name: 'health', path: healthPath }],
    logs: [
      {
        name: 'errors',
        filter: `resource.type="cloud_run_revision" AND resource.labels.service_name="${service}" AND severity>=ERROR`,
      },
    ],
    bake,
    operators: ['release-owner'],
  };
}
