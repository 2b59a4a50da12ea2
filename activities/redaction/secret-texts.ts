import { activityRedaction } from './activity-redaction.ts';
import { hideCredentials } from './credentials.ts';
import { partsOf } from './forms.ts';
import { Redactor } from './redactor.ts';

/** Takes the secrets that some work has read, and those that its activity knows of, out of texts of others. */
export class SecretTexts {
  private readonly redactor = new Redactor();

  /** Keeps a secret that was read elsewhere, to take it out of texts, too. */
  keep(value: string): void {
    for (const part of partsOf(value)) if (!activityRedaction().isPublic(part.text)) this.redactor.keep(part);
  }

  /** Replaces all secrets in a text of others. */
  redact(text: string): string {
    const redaction = activityRedaction();
    return redaction.foreign(this.redactor.redact(text, (value) => redaction.isPublic(value)));
  }

  /** Replaces all secrets in a text of others, and whatever looks like a credential there. */
  hide(text: string): string {
    return hideCredentials(this.redact(text));
  }
}
