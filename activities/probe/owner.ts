import { createHash } from 'node:crypto';
import { hostname, userInfo } from 'node:os';

/** A probe ends long before; what is older than this was left by one that was killed. */
const abandonedAfterMs = 30 * 60_000;

/** Names this process, as a label that every platform takes: the machine and its user, and the process. */
export function ownerLabel(pid = process.pid): string {
  return `${machine()}-${pid}`;
}

/** Says whether the probe that made something is gone: it has ended on this machine, or it was long ago. */
export function isAbandoned(owner: string, createdAt: string, now = Date.now()): boolean {
  const [, host, pid] = /^(.*)-(\d+)$/.exec(owner) ?? [];
  if (host === machine() && !isAlive(Number(pid))) return true;
  return now - Date.parse(createdAt) > abandonedAfterMs;
}

function machine(): string {
  return createHash('sha256').update(`${hostname()} ${userInfo().username}`).digest('hex').slice(0, 12);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
