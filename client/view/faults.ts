import { cleanLine } from '../cli/text.ts';

/** Describes a fault as the sandbox's cloud does. */
export interface Fault {
  id: number;
  method: string;
  nth: number;
  kind: string;
  code?: string;
  ms?: number;
  seen: number;
  fired: boolean;
}

/** Shows one fault. */
export function faultLine({ id, method, nth, kind, code, ms, seen, fired }: Fault): string {
  const how = [kind, code ?? '', ms === undefined ? '' : `${ms} ms`].filter((part) => part !== '').join(' ');
  return cleanLine(`${id}  ${method}  call ${nth}: ${how}  ${fired ? 'happened' : `seen ${seen}`}`);
}
