/** The node's line to the control plane, which an annotation cuts. */
export interface Connection {
  /** Settles at once, or when the line is there again. */
  online(): Promise<void>;
  /** Answers whether that is a change. */
  set(isUp: boolean): boolean;
}

export function connection(): Connection {
  let down: PromiseWithResolvers<void> | undefined;
  return {
    online: async () => down?.promise,
    set: (isUp) => {
      if (isUp === (down === undefined)) return false;
      down?.resolve();
      down = isUp ? undefined : Promise.withResolvers<void>();
      return true;
    },
  };
}
