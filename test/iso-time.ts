/** A time as machines write it: nobody should have to read it. */
export const isoTime = /\d{4}-\d\d-\d\dT\d\d:\d\d/;
