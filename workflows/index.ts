/** Every workflow type that a worker runs; the names are the public contract. */
export { baseline } from './operations/baseline.ts';
export { checkDrift } from './check-drift.ts';
export { dailyChecks } from './daily-checks.ts';
export { deploy } from './deploy.ts';
export { drill } from './operations/drill.ts';
export { switchTraffic } from './operations/switch-traffic.ts';
export { environment } from './environment.ts';
export { incident } from './incident.ts';
export { migrate } from './migrate.ts';
export { promote } from './promote.ts';
export { testNotifications } from './test-notifications.ts';
export { release } from './release.ts';
export { restart } from './restart.ts';
export { rotateSecrets } from './rotate-secrets.ts';
export { rollback } from './rollback.ts';
