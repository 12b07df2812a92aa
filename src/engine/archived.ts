/** Results that lie in the archive, read when somebody asks for them; the last texts are kept while the execution lasts. */
import {archivedResults} from '../core/archive';
import {chainSum, EMPTY_SUM} from '../core/bytes';
import type {ArchivedResults} from '../core/outcome';
import {jobsError} from '../errors';
import type {Backend} from './ports';

const MAX_HELD = 4;

export class ArchivedTexts {
  private readonly held = new Map<string, readonly unknown[]>();
  private readonly archive: Backend | null;

  constructor(archive: Backend | null) {
    this.archive = archive;
  }

  /** One of the results of a text, as JSON; throws where it cannot be had. */
  result(archived: ArchivedResults, index: number): string {
    const results = this.held.get(archived.locator) ?? this.read(archived);
    return JSON.stringify(results[index]);
  }

  private read({locator, sum, count}: ArchivedResults): readonly unknown[] {
    if (this.archive === null)
      throw jobsError(
        'BACKEND_UNAVAILABLE',
        'The result lies where large results went when the job ran: bind the same Drive folder or sheet as then.',
        {locator},
      );
    const text = this.archive.read(locator);
    if (text === null)
      throw jobsError('REFERENCE_GONE', `The stored result is not there any more: ${locator}.`, {locator});
    const results = chainSum(EMPTY_SUM, text) === sum ? archivedResults(text, count) : null;
    if (results === null)
      throw jobsError('RECORD_CORRUPT', `The stored result is not what was put there: ${locator}.`, {locator});
    this.held.set(locator, results);
    const [oldest] = this.held.keys();
    if (this.held.size > MAX_HELD && oldest !== undefined) this.held.delete(oldest);
    return results;
  }
}
