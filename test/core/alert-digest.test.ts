import {
  countOf,
  decodeAlerts,
  encodeAlerts,
  entryOf,
  isDue,
  messageOf,
  NO_ALERTS,
  notSent,
  sent,
  taken,
  tidied,
  withEntry,
  withTold,
  type AlertBox,
  type AlertEntry,
  type AlertState,
} from '../../src/core/alert-digest';
import {MAX_ALERTS_BYTES, MAX_SEND_TRIES} from '../../src/core/limits';
import {utf8Bytes} from '../../src/core/bytes';

const NOW_MS = 1_767_603_600_000;
const HOUR_MS = 3_600_000;
const DIGEST = {isDigest: true, nowMs: NOW_MS};

const entry = (number: number, fields: Partial<AlertEntry> = {}): AlertEntry => ({
  ...{event: 'failed', at: '2026-01-05T09:00:00.000Z', jobId: `job_${number}`, name: `n${number}`, text: 'why'},
  ...fields,
});

const collected = (count: number, id = 'a'): AlertState =>
  Array.from({length: count}, (_none, index) => entry(index)).reduce(
    (state, one) => withEntry(state, id, one, DIGEST),
    NO_ALERTS,
  );

function boxOf(state: AlertState, id = 'a'): AlertBox {
  const box = state.boxes.get(id);
  if (box === undefined) throw new Error('Expected a box.');
  return box;
}

test('what happened is collected once, and counted where it does not fit', () => {
  const box = boxOf(withEntry(collected(20), 'a', entry(3), DIGEST));
  expect([box.entries.length, box.more]).toEqual([15, 5]);
  expect(messageOf(box).subject).toBe('AST.Jobs: 15 failed, 5 more');
  expect(messageOf(box).body.split('\n').slice(-2)).toEqual([
    '2026-01-05T09:00:00.000Z failed: n14 (job_14): why',
    'and 5 more, see AST.Jobs.list()',
  ]);
});

test('while one sends nobody else does, and what arrives meanwhile stays for the next message', () => {
  const before = collected(2);
  const sending = taken(before, 'a', NOW_MS + HOUR_MS);
  expect([isDue(boxOf(before), NOW_MS), isDue(boxOf(sending), NOW_MS)]).toEqual([true, false]);
  const later = withEntry(sending, 'a', entry(7), DIGEST);
  const after = boxOf(sent(later, 'a', boxOf(before), NOW_MS + HOUR_MS));
  expect(after.entries.map(({jobId}) => jobId)).toEqual(['job_7']);
  expect([isDue(after, NOW_MS + HOUR_MS - 1), isDue(after, NOW_MS + HOUR_MS)]).toEqual([false, true]);
});

test('without a digest nothing is collected in the cool-down', () => {
  const state = sent(collected(1), 'a', boxOf(collected(1)), NOW_MS + HOUR_MS);
  const add = (nowMs: number): number => countOf(boxOf(withEntry(state, 'a', entry(2), {isDigest: false, nowMs})));
  expect([add(NOW_MS), add(NOW_MS + HOUR_MS)]).toEqual([0, 1]);
});

test('a message that cannot be sent is tried again, later each time, and given up', () => {
  let state = collected(1);
  const waits: number[] = [];
  for (let tries = 1; tries < MAX_SEND_TRIES; tries++) {
    const after = notSent(state, 'a', NOW_MS);
    expect(after.isLost).toBe(false);
    ({state} = after);
    waits.push(boxOf(state).nextMs - NOW_MS);
  }
  expect(waits.every((waitMs, index) => waitMs >= (waits[index - 1] ?? 0) && waitMs > 0)).toBe(true);
  const last = notSent(state, 'a', NOW_MS);
  expect([last.isLost, countOf(boxOf(last.state))]).toEqual([true, 0]);
});

test('nothing is kept without use: boxes in no cool-down, those of no declaration, and what was told and is over', () => {
  const state = withTold(withTold(sent(collected(1), 'a', boxOf(collected(1)), NOW_MS + HOUR_MS), 'x', 1), 'y', 1);
  const at = (nowMs: number, isDeclared: boolean): AlertState =>
    tidied(state, {nowMs, isDeclared: () => isDeclared, isLasting: (key) => key === 'x'});
  expect([...at(NOW_MS, true).boxes.keys()]).toEqual(['a']);
  expect([...at(NOW_MS, true).told.keys()]).toEqual(['x']);
  expect(at(NOW_MS + HOUR_MS, true).boxes.size).toBe(0);
  expect(at(NOW_MS, false).boxes.size).toBe(0);
  const waiting = (nowMs: number): number =>
    tidied(collected(1), {nowMs, isDeclared: () => false, isLasting: () => false}).boxes.size;
  expect([waiting(NOW_MS + HOUR_MS), waiting(NOW_MS + 25 * HOUR_MS)]).toEqual([1, 0]);
  expect(encodeAlerts(NO_ALERTS)).toBeNull();
});

test('the text is read as it was written, is bounded, and damage is forgotten', () => {
  const state = withTold(taken(collected(3), 'a', NOW_MS), 'job:handler', NOW_MS);
  expect(decodeAlerts(encodeAlerts(state) ?? '')).toEqual(state);
  for (const text of [undefined, '', '[]', '{"b":[1,["a"]],"t":[2]}']) expect(decodeAlerts(text)).toEqual(NO_ALERTS);
  let large = NO_ALERTS;
  for (let number = 0; number < 100; number++) {
    const one = entryOf({
      ...{event: 'failed', at: '2026-01-05T09:00:00.000Z'},
      job: {id: `job_${number}`, name: 'ä'.repeat(200), status: 'failed', tags: [], createdAt: null, startedAt: null},
      error: {stepId: 's', name: 'Error', message: '€'.repeat(500), details: null},
    });
    large = withTold(withEntry(large, `box${number % 10}`, one, DIGEST), `${number}`, NOW_MS);
  }
  const text = encodeAlerts(large) ?? '';
  expect(utf8Bytes(text)).toBeLessThanOrEqual(MAX_ALERTS_BYTES);
  const counts = [...decodeAlerts(text).boxes.values()].map(countOf);
  expect(counts).toEqual(Array.from({length: 10}, () => 10));
});
