/** What the bundle takes to load, as Apps Script loads it at every execution: CPU, as a ratio within one run. */
import vm from 'node:vm';
import {bundleLibrary} from '../tools/bundle.cjs';
import {median, short, table} from './table';

const ROUNDS = 40;

/** The table of loading. */
export async function loading(): Promise<string> {
  const [asBuilt, eager] = await Promise.all([true, false].map((isLazy) => bundleLibrary({isLazy})));
  const [builtMs, eagerMs] = [asBuilt, eager].map((bundle) => loadMs(bundle?.outputFiles[0]?.text ?? ''));
  return table(
    ['what', 'result'],
    [
      [
        'loading the bundle, in times of loading it with fflate evaluated at once',
        short((builtMs ?? 0) / (eagerMs ?? 1)),
      ],
    ],
  );
}

/** Milliseconds to evaluate a script in a fresh realm. */
function loadMs(code: string): number {
  const script = new vm.Script(code);
  const contexts = Array.from({length: ROUNDS}, () => vm.createContext({}));
  return median(
    contexts.map((context) => {
      const startMs = performance.now();
      script.runInContext(context);
      return performance.now() - startMs;
    }),
  );
}
