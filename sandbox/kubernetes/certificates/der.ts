/** The few forms of ASN.1 DER that a certificate needs (platform: X.690). Node reads certificates but issues none. */

const lengthOf = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const hex = bytes.toString(16);
  const content = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | content.length]), content]);
};

const element = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
};

export const sequence = (...content: Buffer[]): Buffer => element(0x30, ...content);

export const set = (...content: Buffer[]): Buffer => element(0x31, ...content);

export const octets = (content: Buffer): Buffer => element(0x04, content);

export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text));

export const isTrue = element(0x01, Buffer.from([0xff]));

/** Encodes a positive integer of any length. */
export const integer = (content: Buffer): Buffer =>
  element(0x02, content[0] !== undefined && content[0] >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), content);

/** Encodes bits, the last `unused` of which do not count. */
export const bits = (content: Buffer, unused = 0): Buffer => element(0x03, Buffer.from([unused]), content);

/** Encodes an element with a tag of its context, that holds other elements. */
export const explicit = (tag: number, ...content: Buffer[]): Buffer => element(0xa0 | tag, ...content);

/** Encodes bytes with a tag of their context. */
export const implicit = (tag: number, content: Buffer): Buffer => element(0x80 | tag, content);

/** Encodes a time until 2049, to the second. */
export const time = (at: Date): Buffer =>
  element(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));

const base128 = (value: number): number[] => {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return digits;
};

/** Encodes an object identifier such as `2.5.4.3`. */
export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
};
