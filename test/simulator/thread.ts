/**
 * The scheduler's side of one thread: gives it the baton and waits, blocking, until it comes back. A thread runs one
 * execution at a time; between two it is idle and can be used by any world.
 */
import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {Worker} from 'node:worker_threads';
import {Baton, Turn} from './baton';
import type {CallMessage, EndMessage, RealmMessage, ReplyMessage, SourceMessage, StartMessage} from './messages';
import type {SourceFile} from './types';

const WORKER_FILE = '.tsbuild/simulator-worker.cjs';
const BOOT_TIMEOUT_MS = 30_000;
const MAX_SOURCES_KEPT = 100;

export type ThreadEvent =
  | {readonly kind: 'call'; readonly call: CallMessage}
  | {readonly kind: 'end'; readonly end: EndMessage}
  /** No service call for so long that it counts as an endless loop; the thread is gone. */
  | {readonly kind: 'hung'};

export interface StartOrder extends Omit<StartMessage, 'realms' | 'forgetsSources'> {
  readonly realms: readonly (Omit<RealmMessage, 'sources'> & {readonly files: readonly SourceFile[]})[];
}

export class Thread {
  isUsable = true;
  private readonly baton = new Baton();
  private readonly worker: Worker;
  private readonly knownSources = new Set<number>();
  private hangMs = Infinity;

  constructor() {
    const file = resolve(WORKER_FILE);
    if (!existsSync(file)) throw new Error(`Expected ${WORKER_FILE} to exist: run \`npm run build\` first.`);
    this.worker = new Worker(file, {
      workerData: this.baton.memory,
      // Every execution leaves contexts behind; without a bound their garbage grows to a gigabyte.
      resourceLimits: {maxOldGenerationSizeMb: 256},
    });
    this.worker.unref();
    // What goes wrong in the thread itself is seen here as a turn that does not come back.
    this.worker.on('error', () => (this.isUsable = false));
  }

  start(order: StartOrder, nowMs: number, hangMs: number): ThreadEvent {
    this.hangMs = hangMs;
    if (!this.baton.waitWhile(Turn.booting, BOOT_TIMEOUT_MS)) throw new Error('The simulator’s thread did not start.');
    const forgetsSources = this.knownSources.size > MAX_SOURCES_KEPT;
    if (forgetsSources) this.knownSources.clear();
    const realms = order.realms.map(({files, ...realm}) => ({
      ...realm,
      sources: files.map((file) => this.source(file)),
    }));
    const message: StartMessage = {...order, realms, forgetsSources};
    return this.pass(Turn.start, JSON.stringify(message), nowMs);
  }

  reply(message: ReplyMessage, nowMs: number): ThreadEvent {
    const text = JSON.stringify(message);
    try {
      return this.pass(Turn.reply, text, nowMs);
    } catch (error) {
      // The only throw is the one for a message that is too long, which the code under test should see.
      return this.pass(Turn.reply, JSON.stringify({error: String(error)}), nowMs);
    }
  }

  /** Makes the parked call throw, and waits until the code has unwound. */
  kill(nowMs: number): void {
    this.pass(Turn.kill, '', nowMs);
  }

  terminate(): void {
    this.isUsable = false;
    void this.worker.terminate();
  }

  private pass(turn: Turn, text: string, nowMs: number): ThreadEvent {
    this.baton.nowMs = nowMs;
    this.baton.post(turn, text);
    if (!this.baton.waitWhile(turn, this.hangMs)) {
      this.terminate();
      return {kind: 'hung'};
    }
    if (this.baton.turn === Turn.call) return {kind: 'call', call: JSON.parse(this.baton.take()) as CallMessage};
    const end = JSON.parse(this.baton.take()) as EndMessage;
    if (end.kind === 'dead' && end.isStuck) this.terminate();
    return {kind: 'end', end};
  }

  private source(file: SourceFile): SourceMessage {
    const id = sourceId(file);
    if (this.knownSources.has(id)) return {id, name: file.name};
    this.knownSources.add(id);
    return {id, name: file.name, text: file.source};
  }
}

const idsByFile = new WeakMap<SourceFile, number>();
const idsByText = new Map<string, number>();
let lastSourceId = 0;

/** The same name and text have the same id in all worlds. Asked by object first: texts are long. */
function sourceId(file: SourceFile): number {
  const known = idsByFile.get(file);
  if (known !== undefined) return known;
  const identity = `${file.name}\n${file.source}`;
  if (idsByText.size > 10 * MAX_SOURCES_KEPT) idsByText.clear();
  const id = idsByText.get(identity) ?? ++lastSourceId;
  idsByText.set(identity, id);
  idsByFile.set(file, id);
  return id;
}
