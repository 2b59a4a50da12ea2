import { setTimeout as pause } from 'node:timers/promises';
import type { Ports } from '../../activities/ports/index.ts';
import { asEveryKind } from '../workflows/fake-platform.ts';
import { World } from '../workflows/world.ts';

/** A world whose operations take a while, and which counts what is asked of it, whatever it is. */
export class WatchedWorld extends World {
  /** Calls of any port's method. */
  calls = 0;
  /** How long each write to the target takes. */
  operationMs = 0;

  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ports = super.ports(connection, environments);
    const target = this.target();
    const slow: Partial<typeof target> = {
      stage: (place, request) => pause(this.operationMs).then(() => target.stage(place, request)),
      shift: (place, request) => pause(this.operationMs).then(() => target.shift(place, request)),
    };
    const counted = Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [name, this.counting(port)]),
    ) as unknown as Ports;
    return { ...counted, targets: asEveryKind(this.counting({ ...target, ...slow })) };
  }

  private counting<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name, receiver) => {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function') return member;
        return (...parameters: unknown[]): unknown => {
          this.calls += 1;
          return Reflect.apply(member, target, parameters);
        };
      },
    });
  }
}
