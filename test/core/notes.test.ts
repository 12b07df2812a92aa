import fc from 'fast-check';
import {utf8Bytes} from '../../src/core/bytes';
import {logPage} from '../../src/core/log-page';
import {
  decodeNotes,
  encodeNotes,
  joinNotes,
  lastNoteMs,
  NO_NOTES,
  trimmed,
  withLine,
  withProgress,
  type Notes,
} from '../../src/core/notes';

const START_MS = 1_780_000_000_000;

/** Notes of an owner that wrote so many lines, one a second. */
function written(owner: string, count: number, more: {from?: number; chars?: number; notes?: Notes} = {}): Notes {
  const {from = 0, chars = 0, notes = NO_NOTES} = more;
  let made = notes;
  for (let index = 1; index <= count; index++)
    made = withLine(made, owner, {
      atMs: START_MS + (from + index) * 1_000,
      stepId: `s${index % 3}`,
      message: `${owner} ${index} ${'x'.repeat(chars)}`.trim(),
    });
  return made;
}

const messages = (notes: Notes): readonly string[] => logPage(notes, null, 1_000).entries.map(({message}) => message);

const line = fc.record({
  atMs: fc.integer({min: START_MS, max: START_MS + 1e9}),
  stepId: fc.string({minLength: 1, maxLength: 100, unit: 'grapheme'}),
  message: fc.string({maxLength: 200, unit: 'binary'}),
});

test('what is stored is what was said, whatever it was', () => {
  const said = fc.record({
    ...{
      stepId: fc.string({minLength: 1}),
      atMs: fc.constant(START_MS),
      done: fc.double({min: 0, max: 1e9, noNaN: true}),
    },
    ...{total: fc.option(fc.nat()), note: fc.option(fc.string({maxLength: 200}))},
  });
  fc.assert(
    fc.property(fc.array(line, {maxLength: 30}), fc.option(said), (lines, progress) => {
      const logged = lines.reduce((notes, one) => withLine(notes, '0.7', one), NO_NOTES);
      const notes = progress === null ? logged : withProgress(logged, progress);
      expect(utf8Bytes(encodeNotes(notes))).toBeLessThanOrEqual(4_000);
      // −0 is 0 in JSON.
      expect(decodeNotes(encodeNotes(notes))).toEqual(JSON.parse(JSON.stringify(notes)));
    }),
  );
});

test('the oldest lines go, never the last, and what went is counted', () => {
  const notes = written('0.1', 500, {chars: 40});
  const {entries, dropped, next} = logPage(notes, null, 1_000);
  expect(utf8Bytes(encodeNotes(notes))).toBeLessThanOrEqual(4_000);
  expect(utf8Bytes(encodeNotes(notes))).toBeGreaterThan(3_500);
  expect([entries.length + dropped, next]).toEqual([500, null]);
  expect(entries[entries.length - 1]?.message).toMatch(/^0\.1 500 /);
  const huge = withLine(notes, '0.1', {atMs: START_MS, stepId: 's', message: 'y'.repeat(6_000)});
  expect(messages(huge)).toEqual(['y'.repeat(6_000)]);
});

test('a clock that goes back changes no order', () => {
  const first = withLine(NO_NOTES, '0.1', {atMs: START_MS + 5_000, stepId: 'a', message: 'one'});
  const notes = withLine(first, '0.1', {atMs: START_MS, stepId: 'a', message: 'two'});
  expect(messages(notes)).toEqual(['one', 'two']);
  expect(decodeNotes(encodeNotes(notes))).toEqual(notes);
});

describe('two values of one job', () => {
  test('are read as one, by time', () => {
    const joined = joinNotes(written('0.1', 2), written('1.1', 2, {from: 0.5}));
    expect(messages(joined)).toEqual(['0.1 1', '1.1 1', '0.1 2', '1.1 2']);
  });

  test('count lines once that stand in both', () => {
    const own = written('0.1', 5);
    const takenOver = written('0.2', 1, {from: 10, notes: written('0.1', 3)});
    for (const [one, other] of [
      [own, takenOver],
      [takenOver, own],
    ] as const)
      expect(messages(joinNotes(one, other))).toEqual(['0.1 1', '0.1 2', '0.1 3', '0.1 4', '0.1 5', '0.2 1']);
  });

  test('of which one has lost what the other still has', () => {
    const late = written('0.1', 100, {chars: 100});
    const [kept] = late.owners;
    const early = written('0.1', 90, {chars: 100});
    const [before] = early.owners;
    const joined = joinNotes(early, late);
    const gone = 90 - (before?.lines.length ?? 0);
    expect(gone).toBeGreaterThan(0);
    expect(kept?.lines.length).toBeLessThan(100);
    expect(joined.owners[0]?.lines).toHaveLength(100 - gone);
    expect(logPage(joined, null, 1_000).dropped).toBe(gone);
  });

  test('give up lines behind a gap', () => {
    const joined = joinNotes(written('0.1', 3), written('0.1', 100, {chars: 100}));
    const {entries, dropped} = logPage(joined, null, 1_000);
    expect(entries.length + dropped).toBe(100);
    expect(entries[0]?.message).not.toBe('0.1 1');
  });

  test('show the later progress', () => {
    const one = withProgress(NO_NOTES, {stepId: 'a', atMs: START_MS, done: 1, total: 2, note: null});
    const other = withProgress(NO_NOTES, {stepId: 'b', atMs: START_MS + 1, done: 3, total: 4, note: 'late'});
    expect([joinNotes(one, other), joinNotes(other, one)].map(({progress}) => progress?.stepId)).toEqual(['b', 'b']);
    expect([lastNoteMs(NO_NOTES), lastNoteMs(other)]).toEqual([0, START_MS + 1]);
  });
});

test('owners are forgotten, and their lines counted, where there are too many of them', () => {
  let notes = NO_NOTES;
  for (let epoch = 1; epoch <= 30; epoch++) notes = joinNotes(notes, written(`0.${epoch}`, 2, {from: epoch * 10}));
  const {entries, dropped} = logPage(trimmed(notes), null, 1_000);
  expect([entries.length, dropped]).toEqual([40, 20]);
});

test('progress of the same step goes on from where it began, and begins anew when it goes back', () => {
  const say = (notes: Notes, stepId: string, second: number, done: number): Notes =>
    withProgress(notes, {stepId, atMs: START_MS + second * 1_000, done, total: null, note: null});
  const first = say(NO_NOTES, 'a', 0, 10);
  expect(say(first, 'a', 5, 20).progress).toMatchObject({done: 20, sinceMs: START_MS, sinceDone: 10});
  expect(say(first, 'a', 5, 2).progress).toMatchObject({sinceMs: START_MS + 5_000, sinceDone: 2});
  expect(say(first, 'b', 5, 20).progress).toMatchObject({sinceMs: START_MS + 5_000, sinceDone: 20});
});

test('text that is no notes is damage, and never throws', () => {
  const good = encodeNotes(
    withProgress(written('0.1', 3), {stepId: 'a', atMs: START_MS, done: 1, total: 2, note: 'n'}),
  );
  expect(decodeNotes(good)).not.toBeNull();
  const broken = [
    '',
    '{}',
    '[]',
    'null',
    '{"o":1}',
    '{"o":[[]]}',
    '{"o":[["0.1",1,0,[[1,2]]]]}',
    '{"o":[["0.1",0,0,[[0,"m","s"]]]]}',
  ];
  broken.push(
    '{"o":[["0.1",1,0,[[0,"m"]]]]}',
    '{"o":[["x",1,0,[]]]}',
    '{"o":[],"p":[]}',
    '{"o":[],"f":-1}',
    '{"o":[],"p":5}',
  );
  broken.push('{"o":[["0.1",1,8000000000000000,[[9,"m","s"]]]]}', good.slice(0, -5));
  for (const text of broken) expect([text, decodeNotes(text)]).toEqual([text, null]);
  fc.assert(fc.property(fc.json(), (text) => void decodeNotes(text)));
});
