/** The rules of an environment that says nothing of incidents; the catalog's schema has its defaults from here. */
export const defaultIncidents = {
  acknowledgeWithinMinutes: { 'SEV-1': 5, 'SEV-2': 15, 'SEV-3': 120 },
  updateEveryMinutes: { 'SEV-1': 30, 'SEV-2': 60, 'SEV-3': 480 },
  quietMinutes: 10,
  openAfterFailedGate: true,
  suspectHours: 24,
};
