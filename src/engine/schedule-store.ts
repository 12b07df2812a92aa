/** Schedules as the store has them, and what a user's schedules need of his triggers. */
import {parseScheduleKey, scheduleKey} from '../core/keys';
import {decodeSchedule, encodeSchedule, isOpen, type DecodedSchedule, type Schedule} from '../core/schedule-record';
import type {Snapshot} from '../core/stored-job';
import type {Hold} from './hold';

/** What stands under the key of one schedule. */
export interface StoredSchedule {
  readonly id: string;
  readonly decoded: DecodedSchedule;
}

/** Every schedule, by id. */
export function schedulesIn(snapshot: Snapshot): readonly StoredSchedule[] {
  const found: StoredSchedule[] = [];
  for (const key of Object.keys(snapshot)) {
    const id = parseScheduleKey(key);
    if (id !== null) found.push({id, decoded: decodeSchedule(snapshot[key] ?? '', id)});
  }
  return found.sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** The schedules of a user that can be read. */
export function schedulesOf(snapshot: Snapshot, owner: string | null): readonly Schedule[] {
  return schedulesIn(snapshot).flatMap(({decoded}) =>
    decoded.kind === 'schedule' && decoded.schedule.owner === owner ? [decoded.schedule] : [],
  );
}

/** Writes a schedule as it is now. */
export function writeSchedule(hold: Hold, schedule: Schedule): void {
  hold.setState(scheduleKey(schedule.id), encodeSchedule(schedule));
}

/** What the schedules of a user need of his triggers. */
export interface ScheduleWatch {
  /** Whether the watchdog must stay. */
  readonly isOpen: boolean;
  /** When the next of them fires. */
  readonly nextAtMs: number | null;
}

/** One of a newer version may be anybody's: its triggers must stay. */
export function watchOf(snapshot: Snapshot, owner: string): ScheduleWatch {
  const stored = schedulesIn(snapshot);
  const open = stored.flatMap(({decoded}) =>
    decoded.kind === 'schedule' && decoded.schedule.owner === owner && isAutomatic(decoded.schedule)
      ? [decoded.schedule]
      : [],
  );
  const times = open.map(({nextAtMs}) => nextAtMs).filter((atMs) => atMs !== null);
  return {
    isOpen: open.length > 0 || stored.some(({decoded}) => decoded.kind === 'newer'),
    nextAtMs: times.length === 0 ? null : Math.min(...times),
  };
}

/** Whether triggers have anything to do with a schedule. */
export function isAutomatic(schedule: Schedule): boolean {
  return isOpen(schedule) && schedule.template.options.autoResume;
}
