/** How stack traces of Node, Python and Java begin. */
const head = /^(Traceback \(most recent call last\):|Exception in thread |(Uncaught )?[\w.]*(Error|Exception)\b)/;
/** What follows in one: frames, causes, and the error at the end of Python's. */
const continuation = /^(\s+\S|Caused by: |[\w.]+(Error|Exception)\b)/;

/** A trace's lines come at once; what comes later is another one. */
const pauseMs = 50;

/** Joins the lines of a stack trace to one text; other lines go on by themselves, in their order. */
export class StackTraces {
  private lines: string[] = [];
  private since = new Date();
  private timer: NodeJS.Timeout | undefined;
  private readonly write: (text: string, isTrace: boolean, at: Date) => void;

  constructor(write: (text: string, isTrace: boolean, at: Date) => void) {
    this.write = write;
  }

  add(line: string): void {
    if (this.lines.length > 0 && continuation.test(line)) this.lines.push(line);
    else {
      this.flush();
      if (!head.test(line)) return this.write(line, false, new Date());
      this.lines = [line];
      this.since = new Date();
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), pauseMs);
  }

  /** Ends the trace that has begun. */
  flush(): void {
    clearTimeout(this.timer);
    const { lines } = this;
    this.lines = [];
    if (lines.length > 0) this.write(lines.join('\n'), lines.length > 1, this.since);
  }
}
