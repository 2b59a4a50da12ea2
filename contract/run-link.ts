/** Names a Temporal UI and a namespace in it. */
export interface UiPlace {
  /** Root of the UI; undefined when none is known. */
  ui: string | undefined;
  namespace: string;
}

/** The page of a run that describes it in words: what it does, and what it waits for. */
export const descriptionPage = 'user-metadata';

/** Links to a run in the Temporal UI; undefined when no UI is known. */
export function runLink(
  { ui, namespace }: UiPlace,
  workflowId: string,
  runId: string,
  page = 'history',
): string | undefined {
  if (ui === undefined) return undefined;
  const root = `${ui.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}/workflows/${encodeURIComponent(workflowId)}/${runId}/${page}`;
}

/** Finds the UI of an address that everybody knows: Temporal Cloud's. */
export function uiOfCloud(address: string): string | undefined {
  return /\.tmprl\.cloud(:\d+)?$/.test(address) ? 'https://cloud.temporal.io' : undefined;
}
