/**
 * The attempts of a run: what a unit's handler is given, and what came of it. Items that come in pages are fetched here,
 * within the attempt of the item, so that a page that cannot be had fails the attempt and nothing else.
 */
import type {Mask} from '../core/mask';
import type {Outcome} from '../core/outcome';
import {isPaged, type PlanNode} from '../core/plan';
import type {StoredJob} from '../core/stored-job';
import {jobsError} from '../errors';
import type {StepContext} from '../types';
import {makeContext, type ResultViews} from './context';
import type {Notebook} from './notebook';
import {pageOutcome, Pages} from './pages';
import type {Ports} from './ports';
import {Secrets} from './secrets';
import {attemptStep} from './step';
import {StepControl, type StepHost} from './step-control';

/** What came of an attempt. */
export interface Attempted {
  /** `null`: the step was stopped, and goes on later. */
  readonly outcome: Outcome | null;
  /** Where the step is, which outlives an attempt that did not end it; it goes before the outcome. */
  readonly kept: Outcome | null;
  /** Whether the step can go on where it was: then its duration says nothing of how long it takes. */
  readonly isResumable: boolean;
}

export class Attempts {
  private readonly ports: Ports;
  private readonly job: StoredJob;
  private readonly results: ResultViews;
  private readonly pages: Pages;
  private readonly notebook: Notebook;
  private readonly secrets: Secrets;

  constructor(ports: Ports, job: StoredJob, results: ResultViews, notebook: Notebook) {
    this.ports = ports;
    this.job = job;
    this.results = results;
    this.notebook = notebook;
    this.pages = new Pages(job, ports.handlers);
    this.secrets = new Secrets(ports, job.plan.extras);
  }

  /** One attempt of a unit. */
  of(unit: number, host: StepHost, maxResultBytes: number): Attempted {
    const {plan, ledger} = this.job;
    const nodeIndex = plan.nodeOfUnit(unit);
    const node = plan.node(nodeIndex);
    const surroundings = this.secrets.forAttempt();
    const {mask} = surroundings;
    const control = new StepControl(host, ledger.cursor(unit), mask);
    const startedMs = this.ports.clock.nowMs();
    const contextOf = (payload: unknown): StepContext =>
      makeContext(this.job, unit, payload, {
        ...{results: this.results, host, control, surroundings},
        notebook: this.notebook,
      });
    const outcome = attemptStep(
      {
        ...{unit, node, control, maxResultBytes, mask},
        handler: this.handlerOf(node, nodeIndex, mask),
        context: () => {
          const payload = this.payloadOf(unit, nodeIndex, contextOf);
          // A page was fetched meanwhile, or a secret read, which may have taken any time.
          if ((isPaged(node) || surroundings.hasRead) && host.clock.nowMs() >= host.fenceMs) control.stop('yield');
          return contextOf(payload);
        },
        failedBefore: ledger.failedAttempts(unit)?.count ?? 0,
      },
      this.ports.clock,
      this.ports.random,
    );
    const isOpen = outcome === null || outcome.kind === 'failed';
    return {
      outcome: outcome !== null && node.kind === 'source' ? pageOutcome(outcome) : outcome,
      kept: isOpen ? this.cursorOf(unit, control, startedMs) : null,
      isResumable: control.isResumable,
    };
  }

  private handlerOf(node: PlanNode, nodeIndex: number, mask: Mask): (context: unknown) => unknown {
    const handler = this.ports.handlers.find(node.handler);
    if (handler === null) throw new Error(`The handler ${node.handler} vanished within an execution.`);
    if (node.kind !== 'source') return handler;
    return (context) => {
      const page = this.pages.accept(node, nodeIndex, handler(context));
      if (page.next !== null && mask.isIn(page.next)) throw secretToken(node.id);
      return page;
    };
  }

  private payloadOf(unit: number, nodeIndex: number, contextOf: (payload: unknown) => StepContext): unknown {
    const {plan, ledger} = this.job;
    const node = plan.node(nodeIndex);
    if (node.kind === 'source') return this.pages.nextPayload(node, nodeIndex);
    const payload = plan.payload(unit, ledger);
    if (node.kind !== 'map' || !isPaged(node)) return payload;
    const item = this.pages.item(node, nodeIndex, unit - plan.firstUnit(nodeIndex), contextOf);
    return {...(payload as object), item};
  }

  private cursorOf(unit: number, {saved}: StepControl, startedMs: number): Outcome | null {
    if (saved === null) return null;
    const atMs = this.ports.clock.nowMs();
    return {kind: 'cursor', unit, atMs, durationMs: Math.max(0, atMs - startedMs), cursor: saved};
  }
}

/** A token has to come back as it is, so that nothing in it can be masked. */
function secretToken(stepId: string): Error {
  return jobsError(
    'PAGE_INVALID',
    `The nextPageToken of ${stepId} has the value of a secret in it, which would be stored: leave it out, and take it from ` +
      'context.environment for each page.',
  );
}
