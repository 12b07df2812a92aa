/** Watches failed jobs that are put aside and replayed: only those, and by one call once. */
import type {Header} from '../../src/core/header';
import type {Faults} from './faults';

export class LetterWatch {
  private readonly latest = new Map<string, Header>();
  /** Replays by job and key of the call. */
  private readonly replays = new Set<string>();
  private readonly faults: Faults;
  private readonly violations: string[];

  constructor(faults: Faults, violations: string[]) {
    this.faults = faults;
    this.violations = violations;
  }

  /** A header is written. Returns whether it opens a job again. */
  noteHeader(header: Header): boolean {
    const {id} = header;
    const before = this.latest.get(id);
    this.latest.set(id, header);
    const [was, is] = [before?.terms.deadLetter ?? null, header.terms.deadLetter];
    if (was === null && is !== null) {
      this.faults.count('a job put aside');
      if (header.phase.kind !== 'failed') this.violations.push(`letter: ${id} is put aside and ${header.phase.kind}`);
    }
    if (before === undefined || is === null || is.replay?.count === was?.replay?.count) return false;
    this.faults.count('a dead letter replayed');
    if (before.phase.kind !== 'failed' || was?.state !== 'queued')
      this.violations.push(`letter: ${id} is replayed though it is ${before.phase.kind} and ${was?.state}`);
    const replay = `${id} ${is.replay?.key}`;
    if (this.replays.has(replay)) this.violations.push(`letter: ${id} is replayed again by the call ${is.replay?.key}`);
    this.replays.add(replay);
    return true;
  }

  /** A letter that is replayed ends: as a failed job it is a queued letter again, and else a replayed one. */
  check(): void {
    for (const {id, phase, terms, folded} of this.latest.values()) {
      if (terms.deadLetter === null || folded !== null) continue;
      const isRight = terms.deadLetter.state === (phase.kind === 'failed' ? 'queued' : 'replayed');
      if (!isRight)
        this.violations.push(`letter: ${id} is ${phase.kind} and a letter that is ${terms.deadLetter.state}`);
    }
  }
}
