import { describeProgress, type ToldProgress } from '../../contract/told-progress.ts';
import { cleanLine } from '../cli/text.ts';

/** Says in one line what the work under way told last: how long yet, what was seen, what it waits for. */
export function progressText(told: ToldProgress): string {
  return cleanLine(describeProgress(told));
}
