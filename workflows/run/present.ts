/** What is known by now; asking before that is a defect of the flow. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ReferenceError(`the ${what} is not known yet`);
  return value;
}
