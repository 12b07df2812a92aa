/** Some inputs for every target in every test run, always the same; `npm run fuzz` takes as many as there is time for. */
import fc from 'fast-check';
import {parseKey} from '../../src/core/keys';
import {readJob} from '../../src/core/stored-job';
import {namedJob} from '../../src/engine/executions';
import {executions, type Execution} from './handle-targets';
import {makeValue} from './make-value';
import {MemoryProject} from './memory-project';
import {assertPlain, assertSame, outcomeOf} from './oracles';
import {submissions, type Submission} from './request';
import {damagedStores, storeWith} from './store-targets';
import {reportOf} from './target';
import {TARGETS} from './targets';

test.each(TARGETS)('$name takes whatever comes', (target) => {
  const details = target.check({seed: 20_260_105, numRuns: target.quickRuns});
  if (details.failed) throw new Error(reportOf(target.name, details));
  expect(details.numRuns).toBe(target.quickRuns);
});

describe('what is thrown', () => {
  test('at the methods is refused in part and accepted in part', () => {
    const isAccepted = ({method, recipe}: Submission): boolean =>
      'value' in outcomeOf(() => new MemoryProject().execute((engine) => engine.submit(method, makeValue(recipe))));
    const accepted = fc.sample(submissions, {numRuns: 100, seed: 1}).filter(isAccepted).length;
    expect(accepted).toBeGreaterThan(25);
    expect(accepted).toBeLessThan(75);
  });

  test('at named jobs is refused in part and accepted in part', () => {
    const isAccepted = ({defaults, request}: Execution): boolean =>
      'value' in
      outcomeOf(() =>
        new MemoryProject().execute((engine) =>
          namedJob('etl', makeValue(defaults), () => engine).createExecution(makeValue(request) as never),
        ),
      );
    const accepted = fc.sample(executions, {numRuns: 100, seed: 1}).filter(isAccepted).length;
    expect(accepted).toBeGreaterThan(25);
    expect(accepted).toBeLessThan(90);
  });

  test('at stores damages some jobs and spares others', () => {
    const stores = fc.sample(damagedStores, {numRuns: 100, seed: 1}).map(storeWith);
    const readings = stores.flatMap(({values}) =>
      Object.keys(values).flatMap((key) => {
        const address = parseKey(key);
        return address?.part === 'h' ? [readJob(values, address).kind] : [];
      }),
    );
    for (const kind of ['job', 'corrupt', 'newer', 'folded']) expect(readings).toContain(kind);
    expect(stores.filter(({spared}) => spared.length > 0).length).toBeGreaterThan(50);
  });
});

describe('the oracles catch', () => {
  test('what is thrown and is no error of the library', () => {
    expect(() =>
      outcomeOf(() => Object.keys(makeValue({is: 'odd', what: 'throwingProxy', size: 0}) as object)),
    ).toThrow(/foreign/);
  });

  test('an error of the library that says nothing', () => {
    const silent = Object.assign(new Error('no'), {name: 'AstJobsValidationError', code: 'INVALID_REQUEST'});
    const act = (): never => {
      throw silent;
    };
    expect(() => outcomeOf(act)).toThrow(/says too little/);
  });

  test('a prototype that was polluted', () => {
    const pollute = (): void => {
      Object.defineProperty(Object.prototype, 'isPolluted', {value: 1, configurable: true});
    };
    try {
      expect(() => outcomeOf(pollute)).toThrow(/polluted/);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'isPolluted');
    }
  });

  test('a result with a prototype of its own', () => {
    const result: Record<string, unknown> = {};
    result['__proto__'] = {inherited: 1};
    expect(() => assertPlain({results: [result]})).toThrow(/prototype/);
  });

  test('a store that is not as it was', () => {
    expect(() => assertSame({a: '1'}, {a: '1 '}, 'the store')).toThrow(/the store/);
  });
});
