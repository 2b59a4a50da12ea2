/** Names a Temporal UI and a namespace in it. */
export interface UiPlace {
  /** Root of the UI; undefined when none is known. */
  ui: string | undefined;
  namespace: string;
}

/** Links to a run in the Temporal UI, where it describes itself; undefined when no UI is known. */
export function runLink(place: UiPlace, workflowId: string, runId: string, page = 'user-metadata'): string | undefined {
  const list = runListLink(place);
  return list && `${list}/${encodeURIComponent(workflowId)}/${runId}/${page}`;
}

/** Links to the list of runs in the Temporal UI; undefined when no UI is known. */
export function runListLink({ ui, namespace }: UiPlace): string | undefined {
  return ui && `${ui.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}

/** Finds the UI of an address that everybody knows: Temporal Cloud's. */
export function uiOfCloud(address: string): string | undefined {
  return /\.tmprl\.cloud(:\d+)?$/.test(address) ? 'https://cloud.temporal.io' : undefined;
}
