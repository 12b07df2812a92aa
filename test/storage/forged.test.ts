// A reference comes from anywhere: from a payload that somebody wrote by hand, from another script, from an older time.
import type {StorageReference} from '../../src/types';
import {asLibrary, KINDS, pasted, useLabs, type StorageLab} from './lab';

const newLab = useLabs();
const OWNER = 'owner@example.com';
const NAME = 'AST_STORAGE~val_0mk0xqwe1_0123456789~abcdefghijklmn';
const SUM = 'abcdefghijklmn';

const forged = (fields: Readonly<Record<string, unknown>>): unknown => ({
  ...{astRef: 1, in: 'drive', at: `file/${NAME}`, bytes: 5, sum: SUM},
  ...fields,
});

function everything({world}: StorageLab): unknown {
  const files = [...world.drive.values()].map(({id, text, isTrashed}) => [id, text, isTrashed]);
  return JSON.stringify([[...world.store('script')], [...world.store('user')], files, world.sheet('AST.Jobs')]);
}

/** Both methods refuse with this code, and nothing changes. */
function expectRefused(lab: StorageLab, reference: unknown, code: string): void {
  const before = everything(lab);
  for (const method of ['get', 'remove']) expect(lab.refusal(method, [reference])).toMatchObject({code});
  expect(everything(lab)).toBe(before);
}

test.each<[string, unknown]>([
  ['nothing', null],
  ['text', 'ref'],
  ['a number', 7],
  ['a list', [1]],
  ['an empty object', {}],
  ['a later version', forged({astRef: 2})],
  ['an unknown backend', forged({in: 'disk'})],
  ['a backend by prototype', forged({in: 'constructor'})],
  ['no place', forged({at: undefined})],
  ['a place without a name', forged({at: 'file'})],
  ['the name of another thing', forged({at: 'file/job_0mk0xqwe1_0123456789.0.0.1'})],
  ['a settings key', forged({in: 'properties', at: 'AST_JOBS_OWNER'})],
  ['a long place', forged({at: `${'x'.repeat(500)}/${NAME}`})],
  ['a way out of the place', forged({at: `../${NAME}`})],
  ['a way out of the place in properties', forged({in: 'properties', at: `x/${NAME}`})],
  ['a place of another shape', forged({in: 'sheet', at: `x/${NAME}`})],
  ['no bytes', forged({bytes: -1})],
  ['another fingerprint', forged({sum: 'zzzzzzzzzzzzzz'})],
  ['an unknown type', forged({type: 'code'})],
  ['a mime that is no text', forged({mime: {}})],
  ['a long name', forged({name: 'n'.repeat(101)})],
])('%s is no reference', (_what, reference) => {
  const lab = newLab();
  lab.put('value');
  lab.put('value', {backend: 'sheet'});
  const error = lab.refusal('get', [reference]);
  expect(error).toMatchObject({name: 'AstJobsValidationError', code: 'REFERENCE_INVALID'});
  expect(error.message).toMatch(/^Expected .* Pass what put or list returned, unchanged\.$/);
  expectRefused(lab, reference, 'REFERENCE_INVALID');
});

test.each([pasted(), asLibrary()])('a reference that throws when it is read is refused, too', (project) => {
  const files = [...project.files];
  const main = files.pop();
  const source = `${main?.source ?? ''}
    function trap() {
      return outcomeOf(function () {
        return storageApi().get({get astRef() { throw new Error('not today'); }});
      });
    }`;
  const lab = newLab({project: {...project, files: [...files, {name: 'Main.js', source}]}});
  expect(lab.world.call('trap')).toMatchObject({error: {code: 'INVALID_REQUEST'}});
});

test('a file that was not put there is neither read nor deleted: other folder, other name', () => {
  const lab = newLab();
  const own = lab.put('value');
  const folder = [...lab.world.drive.values()].find(({kind}) => kind === 'folder');
  const secret = (name: string, parentId: string | null): unknown => {
    const {id} = lab.world.addToDrive(OWNER, {kind: 'file', name, parentId, text: '["text",null,null]\nsecret'});
    return forged({at: `${id}/${NAME}`});
  };
  expectRefused(lab, secret('diary.txt', null), 'REFERENCE_FOREIGN');
  expectRefused(lab, secret('diary.txt', folder?.id ?? ''), 'REFERENCE_FOREIGN');
  expectRefused(lab, secret(NAME, null), 'REFERENCE_FOREIGN');
  const other = lab.world.addToDrive(OWNER, {kind: 'folder', name: 'AST.Jobs', parentId: null});
  expectRefused(lab, secret(NAME, other.id), 'REFERENCE_FOREIGN');
  expect(lab.refusal('get', [{...own, at: own.at.replace(/^[^/]+/, folder?.id ?? '')}]).code).toBe('REFERENCE_GONE');
});

test('results of jobs that lie in the same folder are no values', () => {
  const lab = newLab();
  lab.put('value');
  const folder = [...lab.world.drive.values()].find(({kind}) => kind === 'folder');
  const name = 'job_0mk0xqwe1_0123456789.0.0.1';
  const {id} = lab.world.addToDrive(OWNER, {kind: 'file', name, parentId: folder?.id ?? '', text: 'result'});
  expectRefused(lab, forged({at: `${id}/${name}`}), 'REFERENCE_INVALID');
  expect(lab.list()).toHaveLength(1);
  expect(lab.call('usage', [])).toMatchObject({backends: [{backend: 'drive', values: 1}, {}, {}, {}]});
});

test('a value of another spreadsheet is foreign', () => {
  const lab = newLab();
  const reference = lab.put('value', {backend: 'sheet'});
  const moved = {...reference, at: reference.at.replace(/^[^/]+/, 'another-spreadsheet')};
  expectRefused(lab, moved, 'REFERENCE_FOREIGN');
  expect(lab.get(reference)).toBe('value');
});

test.each(['drive', 'sheet'] as const)('a value in %s is foreign where that is not bound', (backend) => {
  const lab = newLab();
  const reference = lab.put('value', {backend});
  lab.world.deploy(pasted('{}'));
  expectRefused(lab, reference, 'REFERENCE_FOREIGN');
  expect(lab.refusal('get', [reference]).message).toContain(`The value lies in the backend ${backend}`);
});

test('a caller that wants one prefix gets no other', () => {
  const lab = newLab();
  const reference = lab.put('value', {prefix: 'theirs'});
  for (const method of ['get', 'remove'])
    expect(lab.refusal(method, [reference, {prefix: 'mine'}]).code).toBe('REFERENCE_FOREIGN');
  expect(lab.get(reference, {prefix: 'theirs'})).toBe('value');
  expect(lab.refusal('get', [reference, {prefix: ''}]).code).toBe('INVALID_OPTION');
});

test.each(KINDS)('a reference to a value in %s that never was is gone', (backend) => {
  const lab = newLab();
  const reference = lab.put('value', {backend}) as StorageReference;
  const never = {...reference, at: reference.at.replace(/_[0-9a-z]{10}~/, '_zzzzzzzzzz~')};
  // In Drive the id leads to the file of another name.
  expectOne(lab, never, backend === 'drive' ? 'REFERENCE_FOREIGN' : 'REFERENCE_GONE');
  expect(lab.get(reference)).toBe('value');
});

function expectOne(lab: StorageLab, reference: unknown, code: string): void {
  expect(lab.refusal('get', [reference]).code).toBe(code);
}

test('a value that somebody changed is not passed off as what was put', () => {
  const lab = newLab();
  const [file, row, key] = (['drive', 'sheet', 'properties'] as const).map((backend) => lab.put('value', {backend}));
  const item = lab.world.drive.get(file?.at.split('/')[0] ?? '');
  if (item !== undefined) item.text += '!';
  const cells = lab.world.sheet('AST.Jobs')[1] ?? [];
  cells[5] = `${String(cells[5])}!`;
  expect([file, row].map((reference) => lab.refusal('get', [reference]).code)).toEqual([
    'RECORD_CORRUPT',
    'RECORD_CORRUPT',
  ]);
  const name = `AST_JOBS_VALUE~${key?.at ?? ''}~0`;
  lab.world.setProperty('script', name, `${lab.world.store('script').get(name) ?? ''}!`);
  expect(lab.refusal('get', [key]).code).toBe('REFERENCE_GONE');
});
