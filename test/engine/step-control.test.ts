import {MAX_CURSOR_BYTES} from '../../src/core/limits';
import type {StoredCursor} from '../../src/core/outcome';
import {StepControl, type StepHost} from '../../src/engine/step-control';
import {thrownBy} from '../support/walks';

interface Watched {
  readonly control: StepControl;
  readonly saves: StoredCursor[];
}

/** The control of a step; `goesOn` says whether the run takes what is saved. */
function controlAt(saved: StoredCursor | null = null, goesOn: () => boolean = () => true): Watched {
  const saves: StoredCursor[] = [];
  const clock = {startMs: 0, nowMs: () => 0, sleep: () => undefined};
  const host: StepHost = {
    ...{clock, endMs: 240_000, fenceMs: 360_000, isWanted: goesOn},
    save: (cursor) => {
      saves.push(cursor);
      return goesOn();
    },
  };
  return {control: new StepControl(host, saved), saves};
}

describe('a cursor', () => {
  test('is null at the start, and then what was saved, a fresh copy', () => {
    const {control, saves} = controlAt();
    expect([control.userCursor, control.saved, control.isResumable]).toEqual([null, null, false]);
    const cursor = {row: [1]};
    control.checkpoint(cursor);
    cursor.row.push(2);
    (control.userCursor as {row: number[]}).row.push(3);
    expect(control.userCursor).toEqual({row: [1]});
    expect(saves).toEqual([{version: 1, text: '[{"row":[1]}]'}]);
    expect([control.saved, control.isResumable]).toEqual([saves[0], true]);
  });

  test('comes back in the next attempt, whose versions are higher', () => {
    const {control, saves} = controlAt({version: 7, text: '[{"row":[1]}]'});
    expect([control.userCursor, control.saved, control.isResumable]).toEqual([{row: [1]}, null, true]);
    control.checkpoint(null);
    expect(saves).toEqual([{version: 8, text: '[null]'}]);
  });

  test('that cannot be read is none', () => {
    for (const text of ['{"a":1}', '5', 'null', '{', '[]', '[null,5]'])
      expect([controlAt({version: 2, text}).control.userCursor, controlAt({version: 2, text}).control.walk(0)]).toEqual(
        [null, null],
      );
  });

  test('that is no JSON or too large is refused, and changes nothing', () => {
    const {control, saves} = controlAt({version: 2, text: '["kept"]'});
    const fits = 'x'.repeat(MAX_CURSOR_BYTES - 2);
    for (const bad of [() => 5, 5n, `${fits}x`, fits])
      expect(thrownBy(() => control.checkpoint(bad))).toMatchObject({code: 'INVALID_REQUEST'});
    expect([control.userCursor, control.stopped, saves]).toEqual(['kept', null, []]);
    // The list that it stands in takes two bytes.
    control.checkpoint(fits.slice(2));
    expect(saves).toHaveLength(1);
  });
});

describe('walks', () => {
  test('have places of their own, in the order of their calls', () => {
    const {control, saves} = controlAt();
    control.moveWalk(0, 5, {sum: 9});
    control.moveWalk(1, 2, null);
    control.save();
    expect([control.walk(0), control.walk(1), control.walk(2)]).toEqual([[5, {sum: 9}], [2, null], null]);
    expect(saves).toEqual([{version: 2, text: '[null,[[5,{"sum":9}],[2,null]]]'}]);
    const next = controlAt(saves[0] ?? null).control;
    expect([next.walk(0), next.walk(1), next.userCursor]).toEqual([[5, {sum: 9}], [2, null], null]);
  });

  test('that are kept stand in what is saved, without a write', () => {
    const {control, saves} = controlAt();
    control.moveWalk(0, 5, null);
    expect(control.saved).toBeNull();
    control.keep();
    expect([control.saved, saves]).toEqual([{version: 1, text: '[null,[[5,null]]]'}, []]);
  });
});

test('a cursor and places that are too large together are refused, and what was saved before stays', () => {
  const {control, saves} = controlAt();
  const half = 'x'.repeat(MAX_CURSOR_BYTES / 2);
  control.checkpoint(half);
  expect(thrownBy(() => control.moveWalk(0, 1, half))).toMatchObject({code: 'INVALID_REQUEST'});
  expect(control.saved).toEqual(saves[0]);
});

describe('a step stops', () => {
  test('where it wants to, and what it kept is saved', () => {
    const {control, saves} = controlAt();
    const signal = thrownBy(() => control.yieldNow());
    expect([control.stopped, control.saved, saves]).toEqual(['yield', {version: 1, text: '[null]'}, []]);
    // Whoever catches it meets it again, at whatever he does.
    for (const act of [() => control.checkpoint(1), () => control.yieldNow(), () => control.moveWalk(0, 1, null)])
      expect(thrownBy(act)).toBe(signal);
    expect([control.saved, saves]).toEqual([{version: 1, text: '[null]'}, []]);
  });

  test('where its run is over, for which a save is not taken', () => {
    const {control} = controlAt(null, () => false);
    thrownBy(() => control.checkpoint(1));
    expect(control.stopped).toBe('run');
    expect(control.isCanceled()).toBe(true);
  });

  test('for the first reason that there was', () => {
    const {control} = controlAt(null, () => false);
    thrownBy(() => control.checkpoint(1));
    thrownBy(() => control.yieldNow());
    expect(control.stopped).toBe('run');
  });

  test('knows whether it is wanted', () => {
    let isWanted = true;
    const {control} = controlAt(null, () => isWanted);
    expect(control.isCanceled()).toBe(false);
    isWanted = false;
    // Who returns early because of it has not done its work.
    expect([control.isCanceled(), control.stopped]).toEqual([true, 'run']);
    isWanted = true;
    expect(control.isCanceled()).toBe(true);
  });
});
