/**
 * The thread: runs one execution after another, each in fresh realms, and hands the baton back at every service call.
 * Bundled by tools/build-worker.mjs.
 *
 * K1 once killed, every call throws and nothing reaches the scheduler. K2 code that swallows that for ever is cut off.
 */
import {workerData} from 'node:worker_threads';
import {Baton, Turn} from './baton';
import type {EndMessage, ReplyMessage, StartMessage} from './messages';
import {computeNatively} from './native';
import {Realms} from './realm';

const MAX_DEAD_CALLS = 1_000;

/** What a dead execution's calls throw: nothing in it says what it is. */
const DEAD: unknown = Object.freeze(Object.create(null));

const baton = new Baton(workerData as SharedArrayBuffer);
const realms = new Realms();

class Run {
  private isDead = false;
  private deadCalls = 0;

  /** Parks at a call until the scheduler answers it. */
  call(message: string): string {
    if (this.isDead) this.dieAgain();
    try {
      baton.post(Turn.call, message);
    } catch (error) {
      return JSON.stringify({error: String(error)} satisfies ReplyMessage);
    }
    baton.waitWhile(Turn.call);
    if (baton.turn !== Turn.kill) return baton.take();
    this.isDead = true;
    throw DEAD;
  }

  /** What the scheduler is told at the end. */
  endOf(end: EndMessage): EndMessage {
    return this.isDead ? {kind: 'dead', isStuck: false} : end;
  }

  private dieAgain(): never {
    if (++this.deadCalls <= MAX_DEAD_CALLS) throw DEAD;
    baton.post(Turn.done, JSON.stringify({kind: 'dead', isStuck: true} satisfies EndMessage));
    // The scheduler terminates the thread now; until then it must not go on.
    for (;;) baton.waitWhile(Turn.done);
  }
}

async function runOne(start: StartMessage): Promise<EndMessage> {
  const run = new Run();
  const bridge = {
    call: (message: string) => run.call(message),
    native: computeNatively,
    nowMs: () => baton.nowMs,
  };
  const endOf = realms.open(start, bridge);
  // Promises go on when the stack is empty, as on Google; there are no timers, so one turn of the loop is all there is.
  await new Promise((resolve) => setImmediate(resolve));
  return run.endOf(endOf());
}

function announce(end: EndMessage): void {
  try {
    baton.post(Turn.done, JSON.stringify(end));
  } catch (error) {
    const tooLong = {name: 'RangeError', message: String(error)};
    baton.post(Turn.done, JSON.stringify({kind: 'error', error: tooLong} satisfies EndMessage));
  }
}

async function serve(): Promise<void> {
  baton.post(Turn.idle, '');
  // The turn that was posted, not the one that is read now: the scheduler may have answered in between.
  for (let posted: Turn = Turn.idle; ; posted = Turn.done) {
    realms.prepare();
    baton.waitWhile(posted);
    announce(await runOne(JSON.parse(baton.take()) as StartMessage));
  }
}

// A rejected promise that nobody awaits passes silently on Google.
process.on('unhandledRejection', () => undefined);
void serve();
