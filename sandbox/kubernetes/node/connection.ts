/** The node's line to the control plane, which an annotation cuts. */
export interface Connection {
  /** Settles at once, or when the line is there again. */
  online(): Promise<void>;
  set(isUp: boolean): void;
}

export function connection(): Connection {
  let down: PromiseWithResolvers<void> | undefined;
  return {
    online: async () => down?.promise,
    set: (isUp) => {
      if (!isUp) down ??= Promise.withResolvers<void>();
      else {
        down?.resolve();
        down = undefined;
      }
    },
  };
}
