/** An image that can be run: a snapshot of a source folder. */
export interface NodeImage {
  digest: string;
  path: string;
}

/** The registry as the node sees it. */
export interface NodeImages {
  /** Answers undefined where the registry has no such image. */
  resolve(reference: string): NodeImage | undefined;
}

/** Writes `<repository>@sha256:…`. Platform: containerStatuses.imageID under containerd. */
export function imageId(reference: string, digest: string): string {
  return `${reference.replace(/@sha256:[0-9a-f]+$/, '').replace(/:[\w][\w.-]{0,127}$/, '')}@${digest}`;
}
