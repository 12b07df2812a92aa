/**
 * The memory that the scheduler and one thread share, and the baton in it: exactly one of the two runs at a time.
 * Used by thread.ts (scheduler's side) and worker.ts (thread's side). Messages are JSON texts.
 */

/** Who has the baton and why. Even when the thread waits in `idle` or `done`, it is the scheduler's turn. */
export const Turn = {
  booting: 0,
  idle: 1,
  start: 2,
  call: 3,
  reply: 4,
  kill: 5,
  done: 6,
} as const;
export type Turn = (typeof Turn)[keyof typeof Turn];

/** Room for a 4 MB text even if each character of it is escaped or takes three bytes. Untouched pages cost nothing. */
export const MESSAGE_BYTES = 16 * 1024 * 1024;
const HEADER_BYTES = 32;

export class Baton {
  readonly memory: SharedArrayBuffer;
  private readonly control: Int32Array;
  private readonly clock: Float64Array;
  private readonly text: Buffer;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEADER_BYTES + MESSAGE_BYTES)) {
    this.memory = memory;
    this.control = new Int32Array(memory, 0, 2);
    this.clock = new Float64Array(memory, 16, 1);
    this.text = Buffer.from(memory, HEADER_BYTES);
  }

  get turn(): number {
    return Atomics.load(this.control, 0);
  }

  get nowMs(): number {
    return this.clock[0] ?? 0;
  }

  set nowMs(nowMs: number) {
    this.clock[0] = nowMs;
  }

  /** Hands the baton over. Throws, with the baton still here, if the message is too long. */
  post(turn: Turn, message: string): void {
    // A character takes at most three bytes, so short texts need not be measured.
    if (message.length * 3 > MESSAGE_BYTES && Buffer.byteLength(message) > MESSAGE_BYTES) {
      throw new RangeError(
        `Simulator: expected a message of at most ${MESSAGE_BYTES} bytes, got ${Buffer.byteLength(message)}.`,
      );
    }
    this.control[1] = this.text.write(message, 0, 'utf8');
    Atomics.store(this.control, 0, turn);
    Atomics.notify(this.control, 0);
  }

  take(): string {
    return this.text.toString('utf8', 0, this.control[1] ?? 0);
  }

  /** Waits until the turn is another one; false if `timeoutMs` of real time passed before. */
  waitWhile(turn: number, timeoutMs = Infinity): boolean {
    const untilMs = timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs;
    while (this.turn === turn) {
      const leftMs = untilMs === Infinity ? Infinity : untilMs - performance.now();
      if (leftMs <= 0) return false;
      Atomics.wait(this.control, 0, turn, leftMs);
    }
    return true;
  }
}
