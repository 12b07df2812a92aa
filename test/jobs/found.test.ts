/** Histories that `npm run simulate` found, in which a promise was broken once. Each by what happens in it. */
import {HOUR_MS, SECOND_MS, step, useLabs} from './lab';

const newLab = useLabs();

test('a lease is judged as of the time before the store was read, not by a clock read minutes later', () => {
  // An owner commits its last outcome without the lock, because somebody holds it who has read the store before that and
  // fell asleep while reading. By the time he wakes up the owner's lease has run out; its log has not ended where he saw it.
  // He would blame the step for a kill, and one is enough to give it up.
  const lab = newLab({wallMs: 1_800_000});
  const {id} = lab.enqueue([step('a', {ms: 100_000}, {maxCrashes: 1})]);
  const owner = lab.world.start({fn: 'api', args: ['resume', [id]]});
  const sleeper = lab.world.start({fn: 'api', args: ['work', []], atMs: lab.world.nowMs + 60 * SECOND_MS});
  lab.world.onCall = ({execution, method}) =>
    execution === sleeper && method === 'getProperties'
      ? {kind: 'stall', ms: 400 * SECOND_MS, when: 'after'}
      : undefined;
  lab.world.runWhile(() => sleeper.end === 'running', HOUR_MS);
  lab.world.onCall = undefined;
  expect(owner.value).toMatchObject({error: {code: 'LOCK_TIMEOUT'}});
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 'a done'}});
  expect(lab.runs()).toEqual(['a']);
});
