import { workflowTypes, changeTypes } from '../../contract/workflow-types.ts';

/** A view of the list of runs in the Temporal UI. */
export interface ListView {
  name: string;
  query: string;
}

const changes = `WorkflowType IN (${changeTypes.map((type) => `"${type}"`).join(', ')})`;
const runs = 'ExecutionStatus = "Running"';

/** The views that make the list a dashboard. */
export const listViews: readonly ListView[] = [
  { name: 'Slipway: in progress', query: `${changes} AND ${runs}` },
  { name: 'Slipway: waits for people', query: `${runs} AND SlipwayPhase IN ("approval", "parked", "responding")` },
  { name: 'Slipway: incidents', query: `WorkflowType = "${workflowTypes.incident}"` },
  { name: 'Slipway: changes', query: changes },
  { name: 'Slipway: missed their aim', query: `${changes} AND ExecutionStatus = "Failed"` },
  { name: 'Slipway: environments', query: `WorkflowType = "${workflowTypes.environment}" AND ${runs}` },
];

/** The columns of the list, as the Temporal UI calls them. */
export const listColumns = [
  'Status',
  'Type',
  'SlipwayService',
  'SlipwayEnvironment',
  'SlipwayPhase',
  'SlipwaySeverity',
  'Workflow ID',
  'Start',
  'End',
  'SlipwayCommit',
] as const;

/**
 * Makes the line that sets the columns in the console of a browser. The UI keeps them in the browser, one list for each
 * namespace, and no server can set them (temporalio/ui, configurable-table-columns.ts).
 */
export function columnsLine(namespace: string): string {
  const key = "'namespace-workflow-table-columns'";
  const columns = JSON.stringify(listColumns.map((label) => ({ label })));
  const before = `JSON.parse(localStorage.getItem(${key}) ?? '{}')`;
  const all = `{ ...${before}, ${JSON.stringify(namespace)}: ${columns} }`;
  return `localStorage.setItem(${key}, JSON.stringify(${all})); location.reload()`;
}

/** Links to a view; who opens the link has it among the saved views from then on (Temporal UI 2.42). */
export function viewLink(list: string, { name, query }: ListView): string {
  return `${list}?query=${encoded(query)}&savedQuery=${encoded(name)}`;
}

/** A terminal takes a bracket for the end of a link. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('(', '%28').replaceAll(')', '%29');
}
