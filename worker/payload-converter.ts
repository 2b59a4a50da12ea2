import { DefaultPayloadConverter, type Payload } from '@temporalio/common';

/**
 * Converts payloads as the SDK does, but never throws. A payload that cannot be decoded (a strange encoding, broken
 * JSON; any client can send one) becomes a value that no schema accepts. An error here would fail the workflow task for
 * ever.
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
