import {projectOf, World} from './index';

const project = projectOf(`
  function book() { return SpreadsheetApp.openById('spreadsheet-of-main'); }
  function data() { return book().getSheetByName('Data') || book().insertSheet('Data'); }
  function append(cells) { data().appendRow(cells); return data().getDataRange().getValues(); }
  function set(cell) { data().getRange(1, 1).setValue(cell); return data().getRange(1, 1).getValue(); }
  function deleteRow(row) { data().deleteRow(row); return data().getLastRow(); }
  function hide(name) { book().getSheetByName(name).hideSheet(); return book().getSheetByName(name).isSheetHidden(); }
  function columns(count) {
    if (count > 0) data().insertColumnsAfter(data().getMaxColumns(), count);
    return data().getMaxColumns();
  }
  function openOther() { SpreadsheetApp.openById('another'); }
`);

function inWorld(run: (world: World) => void, cells = 10_000_000): void {
  const world = new World({project, limits: {cells}});
  try {
    run(world);
  } finally {
    world.close();
  }
}

test('text that looks like something else becomes it', () => {
  inWorld((world) => {
    const texts = ['=A1', '007', '-1.5e3', 'TRUE', "'007", 'plain', '>007', ''];
    expect(texts.map((text) => world.call('set', [text]))).toEqual([
      '#ERROR!',
      7,
      -1500,
      true,
      '007',
      'plain',
      '>007',
      '',
    ]);
  });
});

test('rows are appended and deleted, and those below move up', () => {
  inWorld((world) => {
    world.call('append', [['a', 1]]);
    expect(world.call('append', [['b', 2]])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(world.call('deleteRow', [1])).toBe(1);
    expect(world.sheet('Data')).toEqual([['b', 2]]);
  });
});

test('a sheet can be hidden unless it is the last one to be seen', () => {
  inWorld((world) => {
    world.call('append', [['a']]);
    expect(world.call('hide', ['Data'])).toBe(true);
    expect(() => world.call('hide', ['Sheet1'])).toThrow("You can't hide all the sheets");
  });
});

test('a cell holds 50,000 characters, and a refused write changes nothing', () => {
  inWorld((world) => {
    world.call('append', [['x'.repeat(50_000)]]);
    expect(() => world.call('append', [['a', 'x'.repeat(50_001)]])).toThrow('50000 characters in a single cell');
    expect(() => world.call('set', ['x'.repeat(50_001)])).toThrow('50000 characters in a single cell');
    expect(world.sheet('Data')).toHaveLength(1);
  });
});

test('a spreadsheet has so many cells, empty ones included', () => {
  inWorld((world) => {
    expect(world.call('columns', [0])).toBe(26);
    world.call('append', [['a']]);
    expect(world.call('columns', [4])).toBe(30);
    expect(() => world.call('append', [['b']])).toThrow('above the limit of 53000 cells');
    expect(world.sheet('Data')).toHaveLength(1);
  }, 53_000);
});

test('only the project’s own spreadsheet is there', () => {
  inWorld((world) => {
    expect(() => world.call('openOther')).toThrow('openById');
  });
});
