import type { Question } from '../../../probe/question.ts';
import type { Trial } from '../trial.ts';
import { executionByName } from './execution-by-name.ts';
import { executionImage } from './execution-image.ts';
import { executionInJob } from './execution-in-job.ts';
import { executionInList } from './execution-in-list.ts';
import { executionVariables } from './execution-variables.ts';
import { failedChange } from './failed-change.ts';
import { jobEtag } from './job-etag.ts';
import { jobRetries } from './job-retries.ts';
import { jobUpdateTime } from './job-update-time.ts';
import { latestTag } from './latest-tag.ts';
import { logDelay } from './log-delay.ts';
import { logLabel } from './log-label.ts';
import { longTag } from './long-tag.ts';
import { namedTemplate } from './named-template.ts';
import { permissions } from './permissions.ts';
import { platformKeys } from './platform-keys.ts';
import { quotaQuestions } from './quotas.ts';
import { registryDigest } from './registry-digest.ts';
import { reservedAnnotation } from './reserved-annotation.ts';
import { reservedLabel } from './reserved-label.ts';
import { revisionImage } from './revision-image.ts';
import { staleEtag } from './stale-etag.ts';
import { staleUpdate } from './stale-update.ts';
import { templateSentBack } from './template-sent-back.ts';
import { tokenAfterRun } from './token-after-run.ts';
import { tokenAgain } from './token-again.ts';
import { tokenKept } from './token-kept.ts';
import { tokenStart } from './token-start.ts';

/** All questions to Google Cloud. How late a log is can only be seen at once, so that comes first. */
export const questions: readonly Question<Trial>[] = [
  logDelay,
  jobEtag,
  jobUpdateTime,
  staleUpdate,
  staleEtag,
  executionInJob,
  executionByName,
  executionInList,
  executionVariables,
  executionImage,
  jobRetries,
  tokenStart,
  tokenKept,
  tokenAfterRun,
  tokenAgain,
  revisionImage,
  platformKeys,
  namedTemplate,
  latestTag,
  longTag,
  reservedAnnotation,
  reservedLabel,
  templateSentBack,
  failedChange,
  logLabel,
  registryDigest,
  ...quotaQuestions,
  permissions,
];
