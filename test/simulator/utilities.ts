/** The scheduler's side of Utilities: ids and sleep; what only computes is done in the thread. */
import {randomUuid} from './prng';
import type {Random} from './prng';
import {unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {ServiceCall} from './types';

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
