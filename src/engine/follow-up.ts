/** What an execution that is not the dispatcher's leaves behind: the wake-up of the jobs that go on after it. */
import {isFinal, type Header} from '../core/header';
import {ALERTS_KEY, type JobAddress} from '../core/keys';
import {MIN_WAKE_UP_MS} from '../core/limits';
import {describeThrown} from '../errors';
import {Alarm} from './alarm';
import {wakeUpAtMs} from './claim';
import {isAwaitingJobs, isBlocked, readableJobs, type Found} from './dependencies';
import type {Hold} from './hold';
import type {Ports} from './ports';
import {readUserTriggers, saveUse} from './user-key';
import {openableJob} from './views';

/** The wake-up exists before work starts. Triggers of another user cannot be seen: theirs are left to them. */
export function ensureContinuation(ports: Ports, hold: Hold, header: Header): void {
  if (!header.options.autoResume || ports.triggers.problem() !== null) return;
  if (ports.identity.known() === header.owner) new Alarm(ports, hold, header.owner).ensureWatchdog();
}

/** Plans the next execution that looks at a job, or at those that waited for it. */
export function planNext(ports: Ports, hold: Hold, address: JobAddress): void {
  if (ports.triggers.problem() !== null) return;
  const found = openableJob(hold.snapshot, address);
  const header: Header = 'ledger' in found ? found.header : found;
  const dueMs = wakeUpAtMs(header, hold.nowMs);
  const isSoon = dueMs !== null && dueMs < hold.nowMs + 10 * MIN_WAKE_UP_MS;
  if (isSoon && ports.identity.known() === header.owner) new Alarm(ports, hold, header.owner).wakeAt(dueMs);
  if (isFinal(header)) wakeDependents(ports, hold);
}

/** Jobs of this user that waited for one that is over. */
function wakeDependents(ports: Ports, hold: Hold): void {
  const owner = ports.identity.known();
  const isFree = ({address, header}: Found): boolean =>
    header.owner === owner && isAwaitingJobs(header) && !isBlocked(hold.snapshot, address, header);
  if (owner !== null && readableJobs(hold.snapshot).some(isFree)) new Alarm(ports, hold, owner).wakeAt(hold.nowMs);
}

/** What waits to be sent needs a pass that sends it. */
export function ensureSender(ports: Ports, hold: Hold): void {
  if (hold.snapshot[ALERTS_KEY] === undefined || ports.triggers.problem() !== null) return;
  const owner = ports.identity.known();
  if (owner !== null) new Alarm(ports, hold, owner).ensureWatchdog();
}

/** The end of a job is to be told: where this execution does not come to it, a pass does. It exists before the end does. */
export function ensureTeller(ports: Ports, hold: Hold, {owner, options}: Header): void {
  if (options.autoResume && readUserTriggers(hold.snapshot, owner).watchdog === null)
    ensurePass(ports, hold, 'tells the end of a job');
}

/** Some pass comes, if that can be: what it is for is no reason to refuse what was asked. */
export function ensurePass(ports: Ports, hold: Hold, what: string): void {
  if (ports.triggers.problem() !== null) return;
  try {
    new Alarm(ports, hold, ports.identity.ensure()).ensureWatchdog();
  } catch (thrown) {
    ports.log.line(`AST.Jobs: no trigger that ${what}: ${describeThrown(thrown).message}`);
  }
}

/** Stores what this execution has used of the day, once it is much. */
export function noteUse(ports: Ports, hold: Hold): void {
  const user = ports.meter.isFull(ports.clock.nowMs()) ? ports.identity.known() : null;
  if (user !== null) saveUse(ports, hold, user);
}
