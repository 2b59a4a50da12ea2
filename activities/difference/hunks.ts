/** One line of a difference: kept, removed or added. */
export interface Line {
  sign: ' ' | '-' | '+';
  text: string;
}

const contextLines = 3;
/** Beyond this many comparisons the changed part is shown as a whole: it is long anyway. */
const maxComparisons = 4_000_000;

/** Compares two texts line by line and answers hunks with some lines around each change; empty if they are equal. */
export function hunksOf(before: readonly string[], after: readonly string[]): string[] {
  const lines = compareLines(before, after);
  const isNear = nearChanges(lines);
  const hunks: string[] = [];
  let [old, fresh, wasShown] = [1, 1, false];
  lines.forEach(({ sign, text }, index) => {
    if (isNear[index] && !wasShown) hunks.push(`@@ -${old} +${fresh} @@`);
    if (isNear[index]) hunks.push(sign + text);
    wasShown = isNear[index] ?? false;
    if (sign !== '+') old += 1;
    if (sign !== '-') fresh += 1;
  });
  return hunks;
}

function nearChanges(lines: readonly Line[]): boolean[] {
  const isNear = lines.map(() => false);
  lines.forEach(({ sign }, index) => {
    if (sign !== ' ') isNear.fill(true, Math.max(0, index - contextLines), index + contextLines + 1);
  });
  return isNear;
}

/** Answers the shortest way from one text to the other. */
function compareLines(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const rest = Math.min(before.length, after.length) - start;
  while (end < rest && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const kept = (text: string): Line => ({ sign: ' ', text });
  return [
    ...before.slice(0, start).map(kept),
    ...compareMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(kept),
  ];
}

function compareMiddle(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length * after.length > maxComparisons)
    return [...before.map((text): Line => ({ sign: '-', text })), ...after.map((text): Line => ({ sign: '+', text }))];
  const common = commonLengths(before, after);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]];
    if (left !== undefined && left === right) {
      lines.push({ sign: ' ', text: left });
      [i, j] = [i + 1, j + 1];
    } else if (left !== undefined && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0)) {
      lines.push({ sign: '-', text: left });
      i += 1;
    } else {
      lines.push({ sign: '+', text: right ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** Counts the common lines of each pair of remainders (longest common subsequence). */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const rows = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const longer = Math.max(rows[i + 1]?.[j] ?? 0, rows[i]?.[j + 1] ?? 0);
      rows[i]![j] = before[i] === after[j] ? (rows[i + 1]?.[j + 1] ?? 0) + 1 : longer;
    }
  return rows;
}
