/**
 * The parts of an image reference. It has the form
 * `LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG][@sha256:HEX]`.
 */
export interface Reference {
  /** `projects/P/locations/L/repositories/R/packages/<url-encoded image>` */
  packageName: string;
  tag: string | undefined;
  digest: string | undefined;
}

const REFERENCE = new RegExp(
  [
    /^(?<location>[a-z0-9-]+)-docker\.pkg\.dev\/(?<project>[^/:@]+)\/(?<repository>[a-z0-9-]+)/,
    /\/(?<image>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)/,
    /(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** A reference by a host of `gcr.io`, which is the name of the repository. Platform: gcr.io repositories. */
const GCR_HOST = /^(?<host>(?:(?:us|eu|asia)\.)?gcr\.io)\/(?<project>[^/:@]+)\//;
const GCR_LOCATIONS: Record<string, string> = { 'eu.gcr.io': 'europe', 'asia.gcr.io': 'asia' };

/** Parses an image reference; undefined where it is none into an Artifact Registry. */
export function parseReference(reference: string): Reference | undefined {
  const gcr = GCR_HOST.exec(reference)?.groups;
  if (gcr !== undefined) {
    const { host = '', project = '' } = gcr;
    const rest = reference.slice(`${host}/${project}/`.length);
    // Such a repository's name has a dot, which other names may not have.
    const parsed = parseReference(`${GCR_LOCATIONS[host] ?? 'us'}-docker.pkg.dev/${project}/gcr-io/${rest}`);
    return parsed && { ...parsed, packageName: parsed.packageName.replace('/gcr-io/', `/${host}/`) };
  }
  const groups = REFERENCE.exec(reference)?.groups;
  if (groups === undefined) return undefined;
  const { location = '', project = '', repository = '', image = '' } = groups;
  const repositoryName = `projects/${project}/locations/${location}/repositories/${repository}`;
  const packageName = `${repositoryName}/packages/${encodeURIComponent(image)}`;
  return { packageName, tag: groups['tag'], digest: groups['digest'] };
}

const PACKAGE_NAME = new RegExp(
  '^projects/(?<project>[^/]+)/locations/(?<location>[^/]+)' +
    '/repositories/(?<repository>[^/]+)/packages/(?<image>.+)$',
);

/** Names a package's image, as `us-central1-docker.pkg.dev/P/R/image`. */
export function imageUri(packageName: string): string {
  const groups = PACKAGE_NAME.exec(packageName)?.groups ?? {};
  const { location = '', project = '', repository = '', image = '' } = groups;
  return `${location}-docker.pkg.dev/${project}/${repository}/${decodeURIComponent(image)}`;
}

/** Encodes an image's slashes in a resource name again, which REST has decoded once. */
export function canonicalName(name: string, collection: 'packages' | 'dockerImages' = 'packages'): string {
  const pattern = new RegExp(
    `^(projects/[^/]+/locations/[^/]+/repositories/[^/]+/${collection}/)(.+?)((?:/(?:tags|versions)/[^/]+)?)$`,
  );
  const match = pattern.exec(name);
  if (match === null) return name;
  return `${match[1] ?? ''}${encodeURIComponent(decodeURIComponent(match[2] ?? ''))
    .replace(/%40/g, '@')
    .replace(/%3A/g, ':')}${match[3] ?? ''}`;
}
