import { DefaultPayloadConverter, type Payload } from '@temporalio/common';

/**
 * The SDK's converter, but total: a payload that cannot be decoded (a message with a strange encoding or broken JSON,
 * which any client can send) becomes a value that no schema accepts. Thrown from here it would fail the workflow task
 * for ever.
 */
class TotalPayloadConverter extends DefaultPayloadConverter {
  override fromPayload<T>(payload: Payload): T {
    try {
      return super.fromPayload<T>(payload);
    } catch (error) {
      return { undecodable: error instanceof Error ? error.message.slice(0, 200) : 'payload' } as T;
    }
  }
}

export const payloadConverter = new TotalPayloadConverter();
