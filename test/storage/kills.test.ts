// Executions that die, and calls that fail, at every service call of put and remove.
import type {StorageReference} from '../../src/types';
import type {ServiceCall, Verdict} from '../simulator';
import {LASTING, useLabs, type StorageLab} from './lab';

const newLab = useLabs();
const VALUE = 'v'.repeat(20_000);
type Kind = (typeof LASTING)[number];

interface Attempt {
  readonly ended: boolean;
  readonly outcome: unknown;
}

/** Calls a method of the API while its n-th service call meets a fault; says whether there was such a call. */
function withFault(lab: StorageLab, n: number, fault: Verdict, method: string, args: readonly unknown[]): Attempt {
  let hasMet = false;
  const first = lab.world.executions.length + 1;
  lab.world.onCall = (call: ServiceCall) => {
    if (call.execution.id < first || call.index !== n) return undefined;
    hasMet = true;
    return fault;
  };
  let outcome: unknown = null;
  try {
    outcome = lab.world.call('api', [method, args]);
  } catch {
    // Killed.
  }
  lab.world.onCall = undefined;
  lab.world.runUntil(lab.world.nowMs + 60_000);
  return {ended: !hasMet, outcome};
}

/** Every fault at every call, each in a world of its own, until there are no more calls. */
function sweep(faults: readonly Verdict[], play: (lab: StorageLab, n: number, fault: Verdict) => Attempt): number {
  let worlds = 0;
  for (const fault of faults) {
    for (let n = 1; n < 60; n++) {
      const lab = newLab();
      const {ended} = play(lab, n, fault);
      lab.world.close();
      worlds++;
      if (ended) break;
    }
  }
  return worlds;
}

const KILLS: readonly Verdict[] = [
  {kind: 'kill', when: 'before'},
  {kind: 'kill', when: 'after'},
  {kind: 'late', ms: 5_000},
];
const ERRORS: readonly Verdict[] = (['before', 'after'] as const).map((when) => ({
  kind: 'error',
  message: "We're sorry, a server error occurred. Please wait a bit and try again.",
  when,
}));

/** Whatever is listed can be read and is whole; what is not listed takes no room once somebody has written again. */
function expectWhole(lab: StorageLab, backend: Kind): readonly StorageReference[] {
  const references = lab.list({backend}).map(({reference}) => reference);
  for (const reference of references) expect([VALUE, 'kept']).toContain(lab.get(reference));
  lab.remove(lab.put('next', {backend}));
  const keys = [...lab.world.store('script').keys()].filter((key) => key.startsWith('AST_JOBS_VALUE~'));
  expect(keys.filter((key) => !references.some(({at}) => key.startsWith(`AST_JOBS_VALUE~${at}~`)))).toEqual([]);
  return references;
}

describe.each(LASTING)('In %s', (backend) => {
  test('a put that is killed has stored all or nothing, and list finds what nobody refers to', () => {
    const worlds = sweep(KILLS, (lab, n, fault) => {
      const attempt = withFault(lab, n, fault, 'put', [VALUE, {backend}]);
      const references = expectWhole(lab, backend);
      expect(references.length).toBeLessThanOrEqual(1);
      for (const reference of references) expect(lab.remove(reference)).toBe(true);
      expect(lab.list()).toEqual([]);
      return attempt;
    });
    expect(worlds).toBeGreaterThan(15);
  });

  test('a removal that is killed has removed all or nothing, and nothing else', () => {
    const worlds = sweep(KILLS, (lab, n, fault) => {
      const [kept, doomed] = [lab.put('kept', {backend}), lab.put(VALUE, {backend})];
      const attempt = withFault(lab, n, fault, 'remove', [doomed]);
      const left = expectWhole(lab, backend).map(({at}) => at);
      expect([[kept.at], [doomed.at, kept.at]].map((ats) => ats.sort())).toContainEqual([...left].sort());
      lab.remove(doomed);
      expect(lab.refusal('get', [doomed]).code).toBe('REFERENCE_GONE');
      expect(lab.get(kept)).toBe('kept');
      return attempt;
    });
    expect(worlds).toBeGreaterThan(9);
  });

  test('a call that fails for a moment changes nothing: one value is there, and then it is gone', () => {
    const worlds = sweep(ERRORS, (lab, n, fault) => {
      const attempt = withFault(lab, n, fault, 'put', [VALUE, {backend}]);
      const {value: reference} = attempt.outcome as {value: StorageReference};
      expect(lab.list().map((row) => row.reference.at)).toEqual([reference.at]);
      expect(withFault(lab, n, fault, 'get', [reference]).outcome).toEqual({value: VALUE});
      const other = lab.put('other', {backend});
      expect(withFault(lab, n, fault, 'remove', [reference]).outcome).toMatchObject({value: true});
      expect(lab.list().map((row) => row.reference.at)).toEqual([other.at]);
      return attempt;
    });
    expect(worlds).toBeGreaterThan(9);
  });
});

test('what a killed put left in the properties is deleted by the next pass of the dispatcher too', () => {
  const lab = newLab();
  withFault(lab, 5, {kind: 'kill', when: 'before'}, 'put', [VALUE, {backend: 'properties'}]);
  const keys = (): readonly string[] =>
    [...lab.world.store('script').keys()].filter((key) => key.startsWith('AST_JOBS_VALUE~'));
  expect(keys().length).toBeGreaterThan(0);
  lab.world.call('astJobsWorker');
  expect(keys()).toEqual([]);
});
