/** Lives of a job as the engine leads it, headers only: claims, commits, kills, pauses, ends, in any legal order. */
import fc from 'fast-check';
import {chainSum, EMPTY_SUM} from '../../src/core/bytes';
import {isFinal, type Header} from '../../src/core/header';
import type {LogPosition, Outcome} from '../../src/core/outcome';
import * as to from '../../src/core/transitions';
import {oneUnit} from '../../src/core/units';
import {NO_TERMS} from '../../src/core/terms';

const NOW_MS = 1_767_603_600_000;
const START: LogPosition = {count: 0, sum: EMPTY_SUM};
const RESULT = JSON.stringify('r'.repeat(2_998));

const COMMON = ['claim', 'commit', 'giveBack', 'die', 'commitAndDie', 'commitAndDie'] as const;
const RARE = ['uncommitted', 'finish', 'cancel', 'suspend', 'fold'] as const;

/** What may happen to a job next. What is not legal in its state is passed over. */
export interface LifeEvent {
  readonly kind: (typeof COMMON)[number] | (typeof RARE)[number];
  /** Unit, duration and pace of the event. */
  readonly number: number;
}

export const lives: fc.Arbitrary<readonly LifeEvent[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      {weight: 60, arbitrary: fc.constantFrom(...COMMON)},
      {weight: 1, arbitrary: fc.constantFrom(...RARE)},
    ),
    number: fc.nat({max: 1_999}),
  }),
  {maxLength: 150, size: 'max'},
);

/** Leads a life with a plan and a last result as large as a header takes, and shows every header that is written. */
export function live(
  name: string,
  events: readonly LifeEvent[],
  show: (header: Header, log: LogPosition, before: Header) => void,
): void {
  const life = new Life(name);
  for (const event of events) {
    const before = life.header;
    const after = life.next(event);
    if (after === null) continue;
    life.header = to.overflowSeals(after).header;
    show(life.header, life.log, before);
  }
}

class Life {
  header: Header;
  log = START;
  private nowMs = NOW_MS;

  constructor(name: string) {
    this.header = to.accept({
      id: 'job_0mk2xyz12_abcdefghij',
      name,
      owner: 'uabcdefabcdef',
      options: {maxRetries: 20, maxRuntimeMs: 240_000, leaseTtlMs: 3_600_000, autoResume: true, workers: 1},
      plan: {inline: `z${'A'.repeat(2_999)}`, pieces: 0, sum: 'a'.repeat(14), units: 2_000},
      terms: NO_TERMS,
      nowMs: NOW_MS,
      dueMs: NOW_MS + 60_000,
    });
  }

  next({kind, number}: LifeEvent): Header | null {
    // Clocks of different machines differ, so time may go back.
    this.nowMs += number * 100 - 20_000;
    if (kind === 'fold') return isFinal(this.header) && this.header.folded === null ? to.fold(this.header, null) : null;
    if (isFinal(this.header)) return null;
    if (kind === 'cancel') return to.cancel(this.ended('canceled', number), this.nowMs);
    if (kind === 'suspend') return to.suspend(this.ended('canceled', number), this.nowMs);
    if (this.header.phase.kind === 'running') return this.nextOfRunning(kind, number);
    return kind === 'claim' ? this.claimed(this.header, number) : null;
  }

  private nextOfRunning(kind: LifeEvent['kind'], number: number): Header | null {
    switch (kind) {
      case 'commit':
        this.commit(number);
        return null;
      case 'commitAndDie':
        this.commit(number);
        return this.claimed(this.ended('killed', number), number);
      case 'die':
        return this.claimed(this.ended('killed', number), number);
      case 'giveBack':
        return to.giveBack(this.header, this.back(number), {reason: 'retry', untilMs: this.nowMs});
      case 'uncommitted': {
        const reported = to.reportUncommitted(this.header, 0, [oneUnit(number)], this.nowMs);
        return to.giveBack(reported, this.back(number), {reason: 'store', untilMs: null, bytes: number});
      }
      case 'finish': {
        const last: Outcome = {kind: 'done', unit: number, atMs: this.nowMs, durationMs: number, result: RESULT};
        return to.finish(this.header, this.back(number), 'completed', last);
      }
      default:
        return null;
    }
  }

  private commit(number: number): void {
    this.log = {count: this.log.count + 1, sum: chainSum(this.log.sum, String(number))};
  }

  private claimed(header: Header, unit: number): Header {
    const mark = oneUnit(unit);
    return to.claim(header, 0, {untilMs: this.nowMs + 390_000, by: 'xabcdefgh', mark, share: null}, this.nowMs);
  }

  private ended(reason: 'killed' | 'canceled', unit: number): Header {
    if (this.header.phase.kind !== 'running') return this.header;
    // Now and then a whole group was in doubt.
    const inDoubt = [unit % 7 === 0 ? {first: unit, last: unit + 99} : oneUnit(unit)];
    const ending = {part: 0, reason, position: this.log, inDoubt, nowMs: this.nowMs};
    this.log = START;
    return to.endLease(this.header, ending);
  }

  private back(number: number): to.Return {
    const longest = {jobMs: number + 1, nodes: [[0, number]] as const};
    const {suspects, doubts} = this.header;
    return {part: 0, nowMs: this.nowMs, position: this.log, longest, suspects, doubts};
  }
}
