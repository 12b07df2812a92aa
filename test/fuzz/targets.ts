/** Everything that is thrown at the library. */
import {CALL_TARGETS} from './call-targets';
import {FIELD_TARGETS} from './field-targets';
import {HANDLE_TARGETS} from './handle-targets';
import {REQUEST_TARGETS} from './request-targets';
import {SIMULATED_TARGETS} from './simulated-targets';
import {STORE_TARGETS} from './store-targets';
import type {Target} from './target';
import {TEXT_TARGETS} from './text-targets';

export const TARGETS: readonly Target[] = [
  ...[...TEXT_TARGETS, ...CALL_TARGETS, ...REQUEST_TARGETS, ...FIELD_TARGETS, ...HANDLE_TARGETS],
  ...[...STORE_TARGETS, ...SIMULATED_TARGETS],
];
