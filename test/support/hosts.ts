/** Host scripts for tests, around the built bundle: pasted into one project, or as a library in a realm of its own. */
import {readFileSync} from 'node:fs';
import type {ProjectSource} from '../simulator';

/** The bundle as users get it. */
export const BUNDLE = readFileSync('dist/Code.js', 'utf8');

/** The bundle and the host's code in one project. */
export function pastedHost(source: string, bundle = BUNDLE): ProjectSource {
  return {
    files: [
      {name: 'Code.js', source: bundle},
      {name: 'Main.js', source},
    ],
  };
}

/** The host binds itself to the library and has the dispatcher's glue. */
export function libraryHost(source: string, bind = 'ASTX.Jobs.bind(globalThis);', bundle = BUNDLE): ProjectSource {
  const glue = `const ASTX = ASTLib.AST || ASTLib; ${bind}\nfunction astJobsWorker(e) { return ASTX.Jobs.work(e); }\n`;
  return {
    files: [{name: 'Main.js', source: `${glue}${source}`}],
    libraries: [{symbol: 'ASTLib', files: [{name: 'Code.js', source: bundle}]}],
  };
}
