/**
 * What a handler may do about its own step while it runs: save where it is, stop there, look whether it is still wanted.
 *
 * A step stops by an exception that nobody else throws. A handler that catches it gains nothing: what it returns or
 * throws after that is not looked at.
 */
import {parseJson, toJsonText} from '../core/json';
import {utf8Bytes} from '../core/bytes';
import {MAX_CURSOR_BYTES} from '../core/limits';
import {NO_MASK, type Mask} from '../core/mask';
import type {StoredCursor} from '../core/outcome';
import {jobsError} from '../errors';
import type {Clock} from './ports';

/** Why a step was stopped before its handler was done. */
export type StopReason =
  /** The time of this execution is over, or the handler wants to go on later. */
  | 'yield'
  /** The job was canceled, halted or taken over, or its progress does not fit into the store: see the run's end. */
  | 'run';

/** What the run does for its steps. */
export interface StepHost {
  readonly clock: Clock;
  /** When the budget of the execution ends, in milliseconds. */
  readonly endMs: number;
  /** Behind it nothing may start: the next owner may have done it already. */
  readonly fenceMs: number;
  /** Commits where the step is; false when the run is over. Never throws: a store that is gone is no failure of the step. */
  save(cursor: StoredCursor): boolean;
  /** Looks whether the step is still wanted, at most every five seconds. Never throws either. */
  isWanted(): boolean;
}

/** What a cursor holds: the user's own, and those of the walks of `each`, in the order of their calls. */
interface Place {
  readonly user: unknown;
  readonly walks: readonly (readonly [index: number, state: unknown])[];
}

export class StepControl {
  private place: Place;
  private version: number;
  private stopReason: StopReason | null = null;
  private hasSaved = false;
  private readonly host: StepHost;
  private readonly mask: Mask;
  private readonly signal = new Error('The step stops here, and goes on in another execution if its job does.');

  constructor(host: StepHost, saved: StoredCursor | null, mask: Mask = NO_MASK) {
    this.host = host;
    this.mask = mask;
    this.version = saved?.version ?? 0;
    this.place = placeOf(saved);
  }

  /** Why the step was stopped; `null` while it was not. */
  get stopped(): StopReason | null {
    return this.stopReason;
  }

  /** Whether the step can go on where it was: its time says nothing of how long a step takes. */
  get isResumable(): boolean {
    return this.version > 0;
  }

  /** What the next attempt goes on from; `null` where this one saved nothing. */
  get saved(): StoredCursor | null {
    return this.hasSaved ? this.cursor() : null;
  }

  /** The user's cursor; `null` at the start. A fresh copy. */
  get userCursor(): unknown {
    return parseJson(JSON.stringify(this.place.user));
  }

  /** Saves the user's cursor. */
  checkpoint(raw: unknown): void {
    this.move({...this.place, user: checkedCursor(raw, 'checkpoint')});
    this.save();
  }

  /** Once it is true the step has stopped: who returns early because of it has not done its work. */
  isCanceled(): boolean {
    if (this.stopReason === null && !this.host.isWanted()) this.stopReason = 'run';
    return this.stopReason === 'run';
  }

  /** Where the walk of a number was. */
  walk(call: number): readonly [index: number, state: unknown] | null {
    return this.place.walks[call] ?? null;
  }

  /** A walk has come to an index; what it may repeat is saved by {@link save}. */
  moveWalk(call: number, index: number, state: unknown): void {
    const walks = [...this.place.walks];
    walks[call] = [index, checkedCursor(state, 'each')];
    this.move({...this.place, walks});
  }

  /** Commits where the step is. */
  save(): void {
    if (this.stopReason !== null) throw this.signal;
    this.hasSaved = true;
    if (!this.host.save(this.cursor())) this.stop('run');
  }

  /** Ends the step here: its next attempt goes on from what was saved last. */
  stop(reason: StopReason): never {
    this.stopReason ??= reason;
    throw this.signal;
  }

  /** Keeps where the step is without a commit: with what comes of this attempt it is committed. */
  keep(): void {
    this.hasSaved = true;
    if (this.version === 0) this.version = 1;
  }

  /** Ends the step here: its next attempt goes on from here. */
  yieldNow(): never {
    this.keep();
    return this.stop('yield');
  }

  /** What cannot be saved is refused here, since a failure or the end of the execution may save it at any time. */
  private move(place: Place): void {
    if (this.stopReason !== null) throw this.signal;
    const text = textOf(place);
    refuseLarge(utf8Bytes(text), 'the step');
    // It has to come back as it is, so that nothing in it can be masked.
    if (this.mask.isIn(text))
      throw jobsError(
        'INVALID_REQUEST',
        'The cursor of the step has the value of a secret in it, which would be stored: leave it out, and take it from ' +
          'context.environment in each attempt.',
      );
    this.place = place;
    this.version++;
  }

  private cursor(): StoredCursor {
    return {version: this.version, text: textOf(this.place)};
  }
}

function textOf({user, walks}: Place): string {
  return JSON.stringify(walks.length === 0 ? [user] : [user, walks]);
}

function placeOf(saved: StoredCursor | null): Place {
  const raw = saved === null ? null : parseJson(saved.text);
  if (!Array.isArray(raw)) return {user: null, walks: []};
  const [user = null, walks] = raw as readonly unknown[];
  return {user, walks: Array.isArray(walks) ? (walks as Place['walks']) : []};
}

function checkedCursor(raw: unknown, what: string): unknown {
  const json = toJsonText(raw);
  if (!json.ok)
    throw jobsError('INVALID_REQUEST', `The cursor of ${what} must be JSON serializable, and has ${json.problem}.`);
  refuseLarge(utf8Bytes(json.text), what);
  return parseJson(json.text);
}

function refuseLarge(bytes: number, what: string): void {
  if (bytes <= MAX_CURSOR_BYTES) return;
  throw jobsError(
    'INVALID_REQUEST',
    `The cursor of ${what} has ${bytes} bytes and may have ${MAX_CURSOR_BYTES}, since it is saved again and again: keep ` +
      'a position in it, not the data.',
    {bytes, limitBytes: MAX_CURSOR_BYTES},
  );
}
