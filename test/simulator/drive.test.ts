import {projectOf, World} from './index';

const project = projectOf(`
  function setUp() {
    const folder = DriveApp.createFolder('Folder');
    const file = folder.createFile('a.txt', 'größer', 'text/plain');
    return [folder.getId(), file.getId(), file.getSize(), file.getDateCreated().getTime()];
  }
  function idsOf(files) {
    const ids = [];
    while (files.hasNext()) ids.push(files.next().getId());
    return ids;
  }
  function look(folderId, fileId) {
    const folder = DriveApp.getFolderById(folderId);
    const file = DriveApp.getFileById(fileId);
    return [folder.getName(), idsOf(folder.getFiles()), idsOf(folder.getFilesByName('a.txt')).length,
      idsOf(folder.getFilesByName('b.txt')).length, file.getName(), idsOf(file.getParents()),
      file.getBlob().getDataAsString(), file.isTrashed(), folder.isTrashed()];
  }
  function search(folderId, params) { return idsOf(DriveApp.getFolderById(folderId).searchFiles(params)); }
  function read(fileId) { return DriveApp.getFileById(fileId).getBlob().getDataAsString(); }
  function trash(fileId, isTrashed) { DriveApp.getFileById(fileId).setTrashed(isTrashed); }
  function share(folderId, user) { DriveApp.getFolderById(folderId).addEditor(user); }
  function large(folderId, bytes) { DriveApp.getFolderById(folderId).createFile('large', 'x'.repeat(bytes), 'text/plain'); }
`);

function inWorld(run: (world: World, folder: string, file: string) => void): void {
  const world = new World({project});
  try {
    const [folder, file, bytes, createdMs] = world.call('setUp') as [string, string, number, number];
    expect([bytes, createdMs]).toEqual([8, world.nowMs]);
    run(world, folder, file);
  } finally {
    world.close();
  }
}

test('folders and files are found by id and by name, each call at its price', () => {
  inWorld((world, folder, file) => {
    const startMs = world.nowMs;
    world.resetCounts();
    const seen = ['Folder', [file], 1, 0, 'a.txt', [folder], 'größer', false, false];
    expect(world.call('look', [folder, file])).toEqual(seen);
    expect(world.nowMs - startMs).toBe(500 * world.counts().calls);
    expect(world.counts().byMethod).toMatchObject({'drive.getFileById': 1, 'drive.getBlob': 1, 'drive.getFiles': 1});
  });
});

test('what is in the trash is still found, and says so', () => {
  inWorld((world, folder, file) => {
    world.call('trash', [file, true]);
    expect(world.call('look', [folder, file])).toEqual([
      'Folder',
      [file],
      1,
      0,
      'a.txt',
      [folder],
      'größer',
      true,
      false,
    ]);
    expect(world.call('search', [folder, 'trashed = false'])).toEqual([]);
    world.call('trash', [file, false]);
    expect(world.call('search', [folder, 'trashed = false'])).toEqual([file]);
    expect(() => world.call('search', [folder, 'title = 1'])).toThrow('not simulated');
    expect(world.drive.get(file)?.isTrashed).toBe(false);
  });
});

test('items are their owner’s and those of the editors of their folder', () => {
  inWorld((world, folder, file) => {
    const user = 'other@example.com';
    expect(() => world.call('read', [file], {user})).toThrow('No item with the given ID could be found');
    expect(() => world.call('read', ['nowhere'])).toThrow('No item with the given ID could be found');
    world.call('share', [folder, user]);
    expect(world.call('read', [file], {user})).toBe('größer');
  });
});

test('a file has 10 MB at the most', () => {
  inWorld((world, folder) => {
    world.call('large', [folder, 10 * 1024 * 1024]);
    expect(() => world.call('large', [folder, 10 * 1024 * 1024 + 1])).toThrow('maximum file size');
  });
});

test('a call of a dead execution has no effect, one that died after it has', () => {
  inWorld((world, _folder, file) => {
    for (const [when, isTrashed] of [
      ['before', false],
      ['after', true],
    ] as const) {
      world.onCall = ({method}) => (method === 'setTrashed' ? {kind: 'kill', when} : undefined);
      world.start({fn: 'trash', args: [file, true]});
      world.settle();
      expect(world.drive.get(file)?.isTrashed).toBe(isTrashed);
    }
  });
});

test('an execution with limited authority has no Drive', () => {
  inWorld((world, _folder, file) => {
    expect(() => world.call('read', [file], {authMode: 'LIMITED'})).toThrow(
      'You do not have permission to call DriveApp',
    );
  });
});
