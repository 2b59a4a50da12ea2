import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { ClientReport } from '../../contract/drill.ts';

/** Tells one client where to go, and how patient it is. */
export interface ClientOptions {
  url: URL;
  /** Checks the address of each connection. */
  lookup: LookupFunction;
  headers: Record<string, string>;
  everyMs: number;
  silenceMs: number;
}

type Counts = Omit<ClientReport, 'isConnected'>;

/**
 * One client with one connection: it gets the same URL again and again, and notes when something of an answer arrives.
 * An answer that never ends is a stream; what arrives of it counts the same.
 */
export class StreamingClient {
  /** Why the last request failed; empty if none has. */
  lastError = '';
  private readonly options: ClientOptions;
  private readonly agent: http.Agent;
  private counts: Counts = noCounts();
  private socket: Socket | null = null;
  private heardAt: number;
  /** Since when it is without an answer: a connection was lost, or a request failed. */
  private lostAt: number | null = performance.now();
  /** False until it was heard the first time: to be reached at all is no reconnect. */
  private wasConnected = false;

  constructor(options: ClientOptions) {
    this.options = options;
    const pool = { keepAlive: true, maxSockets: 1 };
    this.agent = options.url.protocol === 'https:' ? new https.Agent(pool) : new http.Agent(pool);
    this.heardAt = performance.now();
  }

  get isConnected(): boolean {
    return this.lostAt === null;
  }

  /** Streams until the signal ends it. Never throws: what fails is what it counts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.request(signal);
        this.counts.requests += 1;
      } catch (error) {
        if (signal.aborted) break;
        this.counts.errors += 1;
        this.lastError = error instanceof Error ? error.message : String(error);
        this.lose();
      }
      await pause(this.options.everyMs, undefined, { signal }).catch(() => undefined);
    }
    this.agent.destroy();
  }

  /** Breaks the connection from this end, as a network does that forgets it: by a reset where that is possible. */
  breakConnection(): void {
    const { socket } = this;
    if (!socket || socket.destroyed) return;
    this.lose(socket);
    if (socket instanceof TLSSocket) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** Answers what it saw since the last call. A gap that still goes on counts to this time. */
  takeReport(): ClientReport {
    const report = { ...this.counts, isConnected: this.isConnected };
    const now = performance.now();
    report.longestGapMs = Math.round(Math.max(report.longestGapMs, now - this.heardAt));
    this.counts = noCounts();
    return report;
  }

  private async request(signal: AbortSignal): Promise<void> {
    const { url, lookup, headers, silenceMs } = this.options;
    const send = url.protocol === 'https:' ? https.request : http.request;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`silent for ${silenceMs} ms`)), silenceMs);
    try {
      const request = send(url, {
        agent: this.agent,
        lookup,
        headers,
        signal: AbortSignal.any([signal, silence.signal]),
      });
      request.on('socket', (socket) => this.watch(socket));
      const response = await answerTo(request);
      const isGood = response.statusCode !== undefined && response.statusCode >= 200 && response.statusCode < 300;
      if (isGood) this.hear();
      for await (const _chunk of response) {
        timer.refresh();
        if (isGood) this.hear();
      }
      if (!isGood) throw new Error(`status ${response.statusCode ?? 'unknown'}`);
    } catch (error) {
      throw silence.signal.aborted ? (silence.signal.reason as Error) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  private watch(socket: Socket): void {
    if (this.socket === socket) return;
    this.socket = socket;
    socket.once('close', () => this.lose(socket));
  }

  private hear(): void {
    const now = performance.now();
    const { counts, lostAt } = this;
    if (this.wasConnected) {
      counts.longestGapMs = Math.max(counts.longestGapMs, Math.round(now - this.heardAt));
      if (lostAt !== null) counts.reconnectMs = Math.max(counts.reconnectMs ?? 0, Math.round(now - lostAt));
    }
    this.heardAt = now;
    this.lostAt = null;
    this.wasConnected = true;
  }

  /** Notes that it is without an answer. Of a socket only once, and only if it is still the one in use. */
  private lose(socket?: Socket): void {
    if (socket) {
      if (this.socket !== socket) return;
      this.socket = null;
      this.counts.losses += 1;
    }
    this.lostAt ??= performance.now();
  }
}

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

function noCounts(): Counts {
  return { requests: 0, errors: 0, losses: 0, longestGapMs: 0, reconnectMs: null };
}
