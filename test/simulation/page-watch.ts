/** Watches the pages of sources: each is fetched with the token that brought it, and follows on the last one. */
import type {StoredJob} from '../../src/core/stored-job';
import type {Drawn} from './draw';
import type {Faults} from './faults';
import {tokenOf} from './sources';

/** A source's handler is called. */
export interface PageCall {
  readonly job: string;
  readonly step: string;
  readonly page: number;
  readonly token: string | null;
  /** An item asks for the page that it is on. */
  readonly isAgain: boolean;
}

export class PageWatch {
  private readonly drawn: Drawn;
  private readonly faults: Faults;
  private readonly violations: string[];

  constructor(drawn: Drawn, faults: Faults, violations: string[]) {
    this.drawn = drawn;
    this.faults = faults;
    this.violations = violations;
  }

  fetched({page, token, step, isAgain}: PageCall, {header, plan, ledger}: StoredJob, hasLease: boolean): void {
    this.faults.count(isAgain ? 'a page fetched again' : 'a page fetched');
    const where = `page ${page} of ${header.name}.${step}`;
    if (token !== tokenOf(page)) this.violations.push(`pages: ${where} is asked for with the token ${token}`);
    const source = plan.nodes.findIndex(({kind}) => kind === 'source');
    const known = (ledger.lastPage(source)?.number ?? -1) + 1;
    const isRight = isAgain ? page < known : page === known;
    // What an owner that was taken over does is for nobody.
    if (hasLease && !isRight) this.violations.push(`pages: ${where} is fetched where ${known} are known`);
  }

  /** What is stored of the pages is what the source has brought. */
  stored({header, plan, ledger}: StoredJob): void {
    const sizes = this.drawn.jobs.find(({name}) => name === header.name)?.source?.sizes;
    const source = plan.nodes.findIndex(({kind}) => kind === 'source');
    const last = source < 0 ? null : ledger.lastPage(source);
    if (sizes === undefined || last === null) return;
    const first = sizes.slice(0, last.number).reduce((sum, size) => sum + size, 0);
    const next = last.number + 1 < sizes.length ? JSON.stringify(tokenOf(last.number + 1)) : null;
    if (last.first !== first || last.count !== sizes[last.number] || last.next !== next)
      this.violations.push(`pages: ${header.name} is told ${JSON.stringify(last)}, of pages of ${sizes.join()}`);
  }
}
