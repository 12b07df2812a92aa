/**
 * The scheduler's side of Utilities (ids and sleep; what only computes is done in the thread) and of UrlFetchApp,
 * which a function of the test answers.
 */
import {randomUuid} from './prng';
import type {Random} from './prng';
import {failure, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {FetchHandler, ServiceCall} from './types';

export class Utilities implements Service {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  perform(call: ServiceCall, answer: Answer): void {
    answer(this.apply(call));
  }

  private apply(call: ServiceCall): Outcome {
    switch (call.method) {
      case 'getUuid':
        return value(randomUuid(this.random));
      case 'sleep':
        return value(); // the time has passed as the call's latency
      default:
        return unknownMethod(call);
    }
  }
}

export class UrlFetch implements Service {
  private readonly handler: FetchHandler | null;

  constructor(handler: FetchHandler | null) {
    this.handler = handler;
  }

  perform(call: ServiceCall, answer: Answer): void {
    answer(this.fetch(textArgument(call, 0), call.args[1] ?? null));
  }

  private fetch(url: string, params: unknown): Outcome {
    if (this.handler === null) return failure(`Address unavailable: ${url}`);
    const answer = this.handler(url, params);
    return value(typeof answer === 'string' ? {code: 200, text: answer} : answer);
  }
}
