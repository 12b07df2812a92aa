import {logCursorOf, logPage} from '../../src/core/log-page';
import {joinNotes, NO_NOTES, withLine, type Notes} from '../../src/core/notes';

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

describe('a reader', () => {
  test('follows a job without missing or repeating a line, also of a worker that writes later', () => {
    const before = written('0.1', 4);
    const seen = logPage(before, null, 2);
    expect([seen.entries.map(({message}) => message), seen.next]).toEqual([
      ['0.1 1', '0.1 2'],
      seen.entries[1]?.cursor,
    ]);
    const rest = logPage(before, logCursorOf(seen.next ?? ''), 10);
    expect([rest.entries.map(({message}) => message), rest.next]).toEqual([['0.1 3', '0.1 4'], null]);
    // The second worker's lines are older than what was read.
    const later = joinNotes(written('0.1', 5), written('1.1', 2));
    const last = logPage(later, logCursorOf(rest.entries[1]?.cursor ?? ''), 10);
    expect(last.entries.map(({message}) => message)).toEqual(['1.1 1', '1.1 2', '0.1 5']);
    const end = logPage(later, logCursorOf(last.entries[2]?.cursor ?? ''), 10);
    expect(end).toEqual({entries: [], next: null, dropped: 0});
  });

  test('is told what was dropped since the last look, and only that', () => {
    const early = logPage(written('0.1', 10, {chars: 100}), null, 1_000);
    const notes = written('0.1', 200, {chars: 100});
    const {entries, dropped} = logPage(notes, logCursorOf(early.entries[9]?.cursor ?? ''), 1_000);
    expect(entries.length + dropped).toBe(190);
    expect(dropped).toBeGreaterThan(100);
  });

  test.each([
    '',
    'x',
    '0.1',
    '0.1-',
    '0.1-1_',
    '0.1-1_x',
    '0.1-1 ',
    '0.1-9999999999999',
    `0.1-1${'_0.1-1'.repeat(4_000)}`,
  ])('cannot go on from what is no cursor: %.20s', (text) => {
    expect(logCursorOf(text)).toBeNull();
  });
});
