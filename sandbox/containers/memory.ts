import { readFileSync } from 'node:fs';

/** The pause between two looks: a container may exceed its limit for as long. */
const lookEveryMs = 200;
/** Platform: Linux, proc(5): `statm` counts in pages. */
const pageBytes = 4096;

/**
 * Looks at the memory of a process and its children until it has ended, and tells once how much it is above the limit.
 * Only Linux says how much that is; elsewhere nothing is limited.
 */
export function watchMemory(pid: number, limitBytes: number, exceeded: (usedBytes: number) => void): () => void {
  const timer = setInterval(() => {
    const usedBytes = residentBytes(pid);
    if (usedBytes <= limitBytes) return;
    clearInterval(timer);
    exceeded(usedBytes);
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Adds up what a process and its children hold in memory; 0 for one that has gone. */
function residentBytes(pid: number): number {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const ofChildren = children === '' ? [] : children.split(' ').map((child) => residentBytes(Number(child)));
    return ofChildren.reduce((sum, bytes) => sum + bytes, Number(pages) * pageBytes);
  } catch {
    return 0;
  }
}
