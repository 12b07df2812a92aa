/** What a schedule has to do with a job that it made: whether it makes another one, when, and what this one is to it. */
import {isFinal, type Header} from '../core/header';
import {printValue} from '../core/json';
import {scheduleKey} from '../core/keys';
import {isoTime} from '../core/record';
import {decodeSchedule, type Schedule} from '../core/schedule-record';
import type {Snapshot} from '../core/stored-job';
import {jobsError} from '../errors';
import type {Json} from '../types';
import type {Finding} from './explain-waiting';

/** How a schedule stands, as what follows "which". */
interface Standing {
  readonly says: string;
  readonly advice: string | null;
  readonly data: {readonly id: string; readonly state: string; readonly nextFireAt: string | null};
}

/** A finding about a job, and what the schedule that made it does next. */
export function withSchedule(snapshot: Snapshot, header: Header, finding: Finding): Finding {
  const {schedule: id} = header.terms;
  if (id === null) return finding;
  const {says, advice, data} = standing(snapshot, id, !isFinal(header));
  return {
    ...finding,
    sentence: `${finding.sentence} It was made by the schedule ${printValue(id)}, which ${says}.`,
    advice: finding.advice ?? advice,
    data: {...finding.data, schedule: data satisfies Json},
  };
}

/** The error for an id that is none of a job, where it is that of a schedule; `null` where it is not. */
export function scheduleNotJob(snapshot: Snapshot, id: string): Error | null {
  if (snapshot[scheduleKey(id)] === undefined) return null;
  const {says, data} = standing(snapshot, id, false);
  return jobsError(
    'JOB_NOT_FOUND',
    `There is no job ${printValue(id)}, but a schedule of that id, which ${says}. Explained are jobs: ` +
      `AST.Jobs.list({schedule: id}) has those that it made.`,
    {jobId: id, schedule: data},
  );
}

function standing(snapshot: Snapshot, id: string, isJobOpen: boolean): Standing {
  const text = snapshot[scheduleKey(id)];
  const stand = (state: string, says: string, more: Partial<Standing['data'] & {advice: string}> = {}): Standing => {
    const {advice = null, nextFireAt = null} = more;
    return {says, advice, data: {id, state, nextFireAt}};
  };
  if (text === undefined) return stand('deleted', 'was deleted');
  const decoded = decodeSchedule(text, id);
  if (decoded.kind !== 'schedule') return stand('damaged', 'cannot be read and makes no job');
  const {isEnabled, nextAtMs, owed, error} = decoded.schedule;
  if (!isEnabled)
    return stand('paused', 'is paused and makes no job', {
      advice: `Call AST.Jobs.schedule({operation: 'resume', id: '${id}'}).`,
    });
  const nextMs = owed[0] ?? nextAtMs;
  if (nextMs === null) return stand('over', 'has no more times');
  const nextFireAt = isoTime(nextMs);
  if (error !== null)
    return stand('failing', `could make no job (${error.message}) and tries again at each pass`, {nextFireAt});
  return stand('fires', isJobOpen ? besides(decoded.schedule, nextFireAt) : `makes the next job at ${nextFireAt}`, {
    nextFireAt,
  });
}

/** What the next time does to a job that is still open then. */
function besides({overlap}: Schedule, nextFireAt: string): string {
  switch (overlap) {
    case 'skip':
      return 'makes no other job while this one is open';
    case 'queue':
      return `lets its next time, ${nextFireAt}, wait for the end of this one`;
    case 'cancel':
      return `cancels it for the next job at ${nextFireAt}`;
    default:
      return `makes the next job at ${nextFireAt}`;
  }
}
