import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Events of a run as they come, each by its name, such as `ActivityTaskScheduled look at routes`. */
export class HistoryWatch {
  private readonly names: string[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly client: Client;
  private readonly workflowId: string;
  private isOpen = true;

  constructor(client: Client, workflowId: string) {
    this.client = client;
    this.workflowId = workflowId;
    void this.follow();
  }

  close(): void {
    this.isOpen = false;
  }

  /** Waits until the run has so many events of a name, counted from its start. */
  async until(name: string, nth = 1): Promise<void> {
    while (this.names.filter((one) => one === name).length < nth)
      await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  /** Reads the history on and on; while no server answers there is none. */
  private async follow(): Promise<void> {
    let nextPageToken: Uint8Array | undefined;
    const summaries = new Map<string, string>();
    while (this.isOpen) {
      try {
        const answer = await this.client.withDeadline(Date.now() + 5_000, () =>
          this.client.workflowService.getWorkflowExecutionHistory({
            namespace: this.client.options.namespace,
            execution: { workflowId: this.workflowId },
            waitNewEvent: true,
            ...(nextPageToken?.length && { nextPageToken }),
          }),
        );
        for (const event of answer.history?.events ?? []) this.names.push(nameOfEvent(event, summaries));
        nextPageToken = answer.nextPageToken;
        if (!nextPageToken?.length) return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      } finally {
        for (const resolve of this.waiting) resolve();
        this.waiting.clear();
      }
    }
  }
}

/** Names the events of a history, in order. */
export function namesOf(events: readonly HistoryEvent[]): string[] {
  const summaries = new Map<string, string>();
  return events.map((event) => nameOfEvent(event, summaries));
}

/** Names an event by its kind and by what the Temporal UI shows beside its activity or timer. */
function nameOfEvent(event: HistoryEvent, summaries: Map<string, string>): string {
  const kind = kindOf(event);
  const isNamed = event.activityTaskScheduledEventAttributes ?? event.timerStartedEventAttributes;
  const own = isNamed && event.userMetadata?.summary;
  if (own) summaries.set(String(event.eventId), String(defaultPayloadConverter.fromPayload(own)));
  const about =
    event.activityTaskCompletedEventAttributes?.scheduledEventId ??
    event.activityTaskStartedEventAttributes?.scheduledEventId ??
    event.timerFiredEventAttributes?.startedEventId ??
    event.eventId;
  return `${kind} ${summaries.get(String(about)) ?? ''}`.trim();
}

function kindOf(event: HistoryEvent): string {
  const [name = ''] = Object.entries(event).find(([key, value]) => key.endsWith('EventAttributes') && value) ?? [];
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`.replace('EventAttributes', '');
}
