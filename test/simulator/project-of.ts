/** A project of one file, which is what most tests need. */
import type {ProjectSource} from './types';

export function projectOf(source: string, rest: Omit<ProjectSource, 'files'> = {}): ProjectSource {
  return {...rest, files: [{name: 'Code.js', source}]};
}
