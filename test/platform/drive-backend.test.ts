import {asLibrary, pasted, useLabs, type StorageLab} from '../storage/lab';

const newLab = useLabs();
const DRIVE = {backend: 'drive'} as const;
const OTHER = {user: 'other@example.com'};

const foldersOf = ({world}: StorageLab): readonly string[] =>
  [...world.drive.values()].filter(({kind, isTrashed}) => kind === 'folder' && !isTrashed).map(({id}) => id);
const onlyFile = ({world}: StorageLab): {isTrashed: boolean; parentId: string | null; name: string} => {
  const [file] = [...world.drive.values()].filter(({kind}) => kind === 'file');
  if (file === undefined) throw new Error('Expected a file.');
  return file;
};

test('binding and what is not about Drive call no Drive', () => {
  const lab = newLab();
  lab.put('x', {backend: 'cache'});
  lab.put('x', {backend: 'properties'});
  expect(lab.callsOf('drive')).toBe(0);
});

test('the folder is made once, remembered, and never taken for its name alone', () => {
  const lab = newLab();
  const decoy = lab.world.addToDrive('owner@example.com', {kind: 'folder', name: 'AST.Jobs', parentId: null});
  const references = [lab.put('one'), lab.put('two')];
  const [, made, ...more] = foldersOf(lab);
  expect([more, lab.world.store('script').get('AST_JOBS_FOLDER')]).toEqual([[], made]);
  expect([...lab.world.drive.values()].filter(({parentId}) => parentId === decoy.id)).toEqual([]);
  expect(references.map((reference) => lab.get(reference))).toEqual(['one', 'two']);
});

test('two executions that need the folder at the same time make one', () => {
  const lab = newLab();
  for (const value of ['one', 'two']) lab.world.start({fn: 'api', args: ['put', [value, DRIVE]]});
  lab.world.settle();
  expect(foldersOf(lab)).toHaveLength(1);
  expect(lab.list()).toHaveLength(2);
});

test('a folder that is configured is the one that is used', () => {
  const lab = newLab();
  const {id} = lab.world.addToDrive('owner@example.com', {kind: 'folder', name: 'Mine', parentId: null});
  lab.world.deploy(asLibrary(`{drive: DriveApp, folder: '${id}'}`));
  const reference = lab.put('x');
  expect([lab.get(reference), onlyFile(lab).parentId]).toEqual(['x', id]);
  expect([foldersOf(lab), lab.world.store('script').size]).toEqual([[id], 0]);
});

test('a configured folder that is not there or in the trash is said to be unavailable', () => {
  const lab = newLab({project: pasted("{drive: DriveApp, folder: 'nowhere'}")});
  expect(lab.refusal('put', ['x'])).toMatchObject({code: 'BACKEND_UNAVAILABLE'});
  const folder = lab.world.addToDrive('owner@example.com', {kind: 'folder', name: 'Mine', parentId: null});
  lab.world.deploy(pasted(`{drive: DriveApp, folder: '${folder.id}'}`));
  folder.isTrashed = true;
  expect(lab.refusal('put', ['x']).message).toContain('is in the trash');
});

test('a folder of the library’s own that somebody threw away is made anew, and its values are foreign', () => {
  const lab = newLab();
  const old = lab.put('old');
  const folder = lab.world.drive.get(foldersOf(lab)[0] ?? '');
  if (folder !== undefined) folder.isTrashed = true;
  expect(lab.get(lab.put('new'))).toBe('new');
  expect(foldersOf(lab)).toHaveLength(1);
  expect(lab.refusal('get', [old]).code).toBe('REFERENCE_FOREIGN');
});

test('before anything was put there is nothing, and no folder is made for it', () => {
  const lab = newLab();
  const reference = lab.put('x', DRIVE);
  const fresh = newLab();
  expect([fresh.list(), fresh.remove(reference), fresh.refusal('get', [reference]).code, foldersOf(fresh)]).toEqual([
    [],
    false,
    'REFERENCE_GONE',
    [],
  ]);
});

test('a file that was thrown away by hand is gone, and so is one that was removed', () => {
  const lab = newLab();
  const [thrown, removed] = [lab.put('a'), lab.put('b')];
  onlyFile(lab).isTrashed = true;
  lab.remove(removed);
  expect([thrown, removed].map((reference) => lab.refusal('get', [reference]).code)).toEqual([
    'REFERENCE_GONE',
    'REFERENCE_GONE',
  ]);
  expect(lab.list()).toEqual([]);
});

test('a file that was moved to another folder is foreign', () => {
  const lab = newLab();
  const reference = lab.put('a');
  onlyFile(lab).parentId = null;
  expect(lab.refusal('get', [reference]).code).toBe('REFERENCE_FOREIGN');
});

describe('messages in another language', () => {
  const failing = (lab: StorageLab, message: string): void => {
    lab.world.onCall = ({method}) => (method === 'getFileById' ? {kind: 'error', message, when: 'before'} : undefined);
  };

  test('a missing file is found missing in its folder', () => {
    const lab = newLab();
    const reference = lab.put('a');
    lab.put('b');
    onlyFile(lab).name = 'renamed';
    failing(lab, 'Es wurde kein Element mit der angegebenen ID gefunden.');
    expect(lab.refusal('get', [reference]).code).toBe('REFERENCE_GONE');
  });

  test('a file that is there and cannot be opened is not taken for missing', () => {
    const lab = newLab();
    const reference = lab.put('a');
    failing(lab, 'Serverfehler.');
    expect(lab.refusal('get', [reference]).code).toBe('BACKEND_UNAVAILABLE');
    expect(lab.refusal('remove', [reference]).code).toBe('BACKEND_UNAVAILABLE');
    lab.world.onCall = undefined;
    expect(lab.get(reference)).toBe('a');
  });
});

test('another user needs access to the folder, and with it has all values', () => {
  const lab = newLab();
  const reference = lab.put('a');
  expect(lab.refusal('get', [reference], OTHER).code).toBe('BACKEND_UNAVAILABLE');
  expect(lab.refusal('put', ['b'], OTHER).code).toBe('BACKEND_UNAVAILABLE');
  expect(foldersOf(lab)).toHaveLength(1);
  lab.world.drive.get(foldersOf(lab)[0] ?? '')?.editors.add(OTHER.user);
  expect(lab.call('get', [reference], OTHER)).toBe('a');
  expect(lab.get(lab.call('put', ['b'], OTHER))).toBe('b');
});

test('where the permission is missing the error says what Google says', () => {
  const lab = newLab();
  const error = lab.refusal('put', ['a'], {authMode: 'LIMITED'});
  expect(error.code).toBe('BACKEND_UNAVAILABLE');
  expect(error.message).toContain('Required permissions: https://www.googleapis.com/auth/drive');
});

test('what it costs, once the folder is known: calls of Drive', () => {
  const lab = newLab();
  lab.put('first');
  const cost = (act: () => unknown): number => {
    const before = lab.callsOf('drive');
    act();
    return lab.callsOf('drive') - before;
  };
  const reference = lab.put('x');
  expect({
    put: cost(() => lab.put('y')),
    get: cost(() => lab.get(reference)),
    remove: cost(() => lab.remove(reference)),
  }).toEqual({put: 3, get: 6, remove: 6});
});
