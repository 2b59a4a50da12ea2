import type { OutputTail } from '../../contract/baseline.ts';
import type { SecretTexts } from '../redaction/secret-texts.ts';
import type { Progress } from '../ports/target.ts';

/** What a heartbeat carries at most: a terminal or two full of lines. */
const maxLines = 100;
const maxLineLength = 300;
/** Of a line that does not end; what follows is dropped, since half a secret would not be found. */
const maxHeldLength = 10_000;
/** Lines at the end of a command's output that its check keeps. */
const keptLines = 12;

/** Shows the output of the commands while they run, line by line, without secrets (invariant I9). */
export class LiveOutput {
  private readonly progress: Progress;
  private readonly secrets: SecretTexts;
  private lines: string[] = [];
  private total = 0;
  private check = '';

  constructor(progress: Progress, secrets: SecretTexts) {
    this.progress = progress;
    this.secrets = secrets;
  }

  begin(check: string): void {
    this.check = check;
    this.show();
  }

  /** Adds a line of ours or of a command, and answers it as it may be kept. */
  add(line: string): string {
    const shown = this.secrets.hide(line.trimEnd()).slice(0, maxLineLength);
    this.lines = [...this.lines, shown].slice(-maxLines);
    this.total += 1;
    this.show();
    return shown;
  }

  private show(): void {
    const tail: OutputTail = { check: this.check, first: this.total - this.lines.length, lines: this.lines };
    this.progress({ ...tail });
  }
}

/** Cuts what one run of a command prints into lines. It keeps the last ones, and looks for expected texts. */
export class OutputReader {
  private readonly output: LiveOutput;
  private readonly missingTexts: Set<string>;
  private rest = '';
  private tail: string[] = [];
  private readonly seenLines: string[] = [];

  constructor(output: LiveOutput, expected: readonly string[]) {
    this.output = output;
    this.missingTexts = new Set(expected);
  }

  read(text: string): void {
    const lines = `${this.rest}${text}`.split('\n');
    this.rest = (lines.pop() ?? '').slice(0, maxHeldLength);
    for (const line of lines) this.take(line);
  }

  /** Takes a last line without an end. */
  end(): void {
    this.take(this.rest);
    this.rest = '';
  }

  get lastLines(): string[] {
    return this.tail;
  }

  /** Lists the expected texts that no line had. */
  get missing(): string[] {
    return [...this.missingTexts];
  }

  /** Lists the lines that had an expected text. */
  get seen(): string[] {
    return this.seenLines;
  }

  private take(line: string): void {
    if (line.trim() === '') return;
    const shown = this.output.add(line);
    this.tail = [...this.tail, shown].slice(-keptLines);
    const found = [...this.missingTexts].filter((text) => line.includes(text));
    for (const text of found) this.missingTexts.delete(text);
    if (found.length > 0) this.seenLines.push(shown);
  }
}
