import fc from 'fast-check';
import {
  bornAtMs,
  DEFAULT_PREFIX,
  headerKey,
  isOwner,
  isPrefix,
  makeJobId,
  OWNER_KEY,
  BALLAST_KEY,
  PREFIXES_KEY,
  notesKey,
  parseKey,
  parseNotesKey,
  parseUserKey,
  planKey,
  resultKey,
  sealPageKey,
  segmentKey,
  userKey,
  type JobAddress,
} from '../../src/core/keys';
import {anyText, count, instantMs} from '../support/arbitraries';

const PREFIX_CHARS = [...'ABCXYZabcxyz0189_.:-'];
const prefix = fc
  .array(fc.constantFrom(...PREFIX_CHARS), {minLength: 1, maxLength: 100})
  .map((chars) => chars.join(''));
const random01 = fc.double({min: 0, max: 1, noNaN: true, maxExcluded: true});
const jobId = fc.tuple(instantMs, random01, random01).map(([ms, one, other]) => makeJobId(ms, [one, other]));
const address: fc.Arbitrary<JobAddress> = fc.record({prefix, id: jobId});

function keysOf(job: JobAddress, numbers: readonly [number, number, number, number]): readonly string[] {
  const [part, log, epoch, unit] = numbers;
  return [
    headerKey(job),
    planKey(job, part),
    sealPageKey(job, log),
    segmentKey(job, part, log, epoch),
    resultKey(job, {part, log, epoch, unit}, part),
    notesKey(job, part, epoch),
  ];
}

test('an id tells when its job was born', () => {
  fc.assert(
    fc.property(instantMs, random01, random01, (nowMs, one, other) => {
      expect(bornAtMs(makeJobId(nowMs, [one, other]))).toBe(nowMs);
    }),
  );
});

test('ids are as long at either end of chance and time, and sort by time', () => {
  const [least, most] = [makeJobId(0, [0, 0]), makeJobId(36 ** 9 - 1, [0.999999999999, 0.999999999999])];
  expect([least, most]).toEqual(['job_000000000_0000000000', 'job_zzzzzzzzz_zzzzzzzzzz']);
  expect(makeJobId(1_767_603_600_000, [0.9, 0.9]) < makeJobId(1_767_603_600_001, [0, 0])).toBe(true);
});

test('a text that is no id has no time of birth', () => {
  for (const text of [
    '',
    'job_',
    'job_0mk2xyz12_abc',
    'job_0MK2XYZ12_abcdefghij',
    'xjob_0mk2xyz12_abcdefghij',
    'job_0mk2xyz12_abcdefghij\n',
  ])
    expect(bornAtMs(text)).toBeNull();
});

test('a prefix has 1 to 100 letters, digits and _ . : - only', () => {
  fc.assert(fc.property(prefix, (text) => isPrefix(text)));
  for (const text of ['', 'a'.repeat(101), 'a~b', 'a b', 'ä', 'a\n', 'a/b']) expect(isPrefix(text)).toBe(false);
});

test('every key is taken apart into what it was made of', () => {
  fc.assert(
    fc.property(address, fc.tuple(count, count, count, count), (job, numbers) => {
      for (const key of keysOf(job, numbers)) {
        const parsed = parseKey(key);
        expect(parsed).toEqual({...job, part: key.slice(headerKey(job).length - 1)});
      }
    }),
  );
});

test('different things of different jobs never share a key', () => {
  fc.assert(
    fc.property(fc.uniqueArray(address, {minLength: 2, maxLength: 4, selector: headerKey}), (jobs) => {
      const keys = jobs.flatMap((job) => [...keysOf(job, [0, 1, 2, 3]), ...keysOf(job, [1, 2, 3, 4])]);
      const headerTwice = jobs.length;
      expect(new Set(keys).size).toBe(keys.length - headerTwice);
    }),
  );
});

test('a key of one prefix is never taken for another’s, whatever they have in common', () => {
  fc.assert(
    fc.property(address, anyText(6), fc.tuple(count, count, count, count), (job, tail, numbers) => {
      fc.pre(tail !== '');
      const longer = job.prefix + tail;
      for (const key of keysOf(job, numbers)) expect(parseKey(key)?.prefix).not.toBe(longer);
      for (const key of keysOf({...job, prefix: longer}, numbers)) expect(parseKey(key)?.prefix).not.toBe(job.prefix);
    }),
  );
});

test('the prefix jobs does not swallow the prefix jobs_v1', () => {
  const id = makeJobId(1_767_603_600_000, [0.5, 0.5]);
  expect(parseKey(headerKey({prefix: 'jobs', id}))?.prefix).toBe('jobs');
  expect(parseKey(headerKey({prefix: 'jobs_v1', id}))?.prefix).toBe('jobs_v1');
  expect(headerKey({prefix: 'jobs_v1', id}).startsWith('jobs~')).toBe(false);
});

test('foreign keys are not ours', () => {
  const id = makeJobId(1_767_603_600_000, [0.5, 0.5]);
  const foreign = ['', 'apiKey', DEFAULT_PREFIX, id, `~${id}~h`, `a b~${id}~h`, `p~${id}~`, `p~${id}~x`, `p~${id}~h1`];
  const malformed = [
    `p~${id}~s1.2`,
    `p~${id}~r1.2.3.4`,
    `p~${id}~p-1`,
    `p~${id}~h\n`,
    `\np~${id}~h`,
    `p~${id.toUpperCase()}~h`,
  ];
  for (const key of [...foreign, ...malformed, PREFIXES_KEY, BALLAST_KEY, OWNER_KEY, userKey('u1')])
    expect(parseKey(key)).toBeNull();
});

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(anyText(80), (text) => {
      const parsed = parseKey(text);
      if (parsed !== null) expect(isPrefix(parsed.prefix)).toBe(true);
    }),
  );
});

test('a user’s key gives the owner back, and nothing else is taken for one', () => {
  expect(parseUserKey(userKey('u7abc'))).toBe('u7abc');
  expect(parseUserKey(OWNER_KEY)).toBeNull();
  expect(parseUserKey(`x${userKey('u7abc')}`)).toBeNull();
});

test.each(['u1', 'single_user', 'unbilzkkvogd9'])('%s may be the id of a user', (text) => {
  expect(isOwner(text)).toBe(true);
});

test.each(['', 'a~b', 'a b', 'ü', 'x'.repeat(61)])('%j may not be the id of a user', (text) => {
  expect(isOwner(text)).toBe(false);
});

test('the key of notes tells their owner, and no other key does', () => {
  const job = {prefix: DEFAULT_PREFIX, id: makeJobId(0, [0, 0])};
  expect(parseNotesKey(notesKey(job, 2, 17))).toEqual({...job, owner: '2.17'});
  for (const key of [headerKey(job), segmentKey(job, 1, 2, 3), 'AST_JOBS_PREFIXES', `${notesKey(job, 1, 2)}.3`])
    expect(parseNotesKey(key)).toBeNull();
});
