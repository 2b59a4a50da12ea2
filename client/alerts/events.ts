import type { Output } from '../cli/output.ts';
import { countStatus, type Events } from './receiver.ts';

/** Tells people, or with `--json` programs, what the receiver does. */
export function eventsOn(output: Output): Events {
  return {
    delivered: ({ id, episodes }, delivered) => {
      const { firing, resolved } = countStatus(episodes);
      const parts = [
        ...(firing > 0 ? [`${firing} firing`] : []),
        ...(resolved > 0 ? [`${resolved} resolved`] : []),
        ...(delivered === 'noIncident' ? ['no incident runs'] : []),
      ];
      output.line(`${id}: ${parts.join(', ')}`);
      output.event({ event: 'delivered', incident: id, firing, resolved, delivered });
    },
    undeliverable: ({ alert, why }) => {
      output.note(`not delivered: ${alert}: ${why}`);
      output.event({ event: 'undeliverable', alert, why });
    },
    failed: (what) => {
      output.note(`answered 503: ${what}`);
      output.event({ event: 'failed', what });
    },
  };
}
