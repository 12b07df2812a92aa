/** The ports of one host, put together. The only place that reads the real clock and real chance. */
import type {Clock, Log, Ports, Random} from '../engine/ports';
import {clockTriggers} from './clock-triggers';
import type {Host} from './host';
import {propertiesStore, userIdentity} from './properties-store';
import {scriptLock} from './script-lock';

/** An execution begins when the bundle is loaded: Apps Script loads every file anew for each. */
const LOADED_AT_MS = Math.floor(Date.now());

const random: Random = {next: () => Math.random()};

/** The ports over a host's services. */
export function portsOf(host: Host): Ports {
  const {PropertiesService, LockService, ScriptApp, Utilities, console} = host.services;
  const clock: Clock = {
    // Whole milliseconds, whatever stands in for the clock in somebody's tests: times are summed up in logs.
    nowMs: () => Math.floor(Date.now()),
    startMs: LOADED_AT_MS,
    sleep: (ms) => {
      Utilities?.sleep(ms);
    },
  };
  const log: Log = {
    line: (text) => {
      try {
        console?.log(text);
      } catch {
        // A line that is lost must not end a job.
      }
    },
  };
  return {
    clock,
    random,
    store: propertiesStore(PropertiesService, host.store),
    mutex: scriptLock(LockService, host.store, host.lock),
    triggers: clockTriggers(ScriptApp, host.triggerHandler, () => host.hasTriggerHandler()),
    handlers: {find: (name) => host.findFunction(name)},
    identity: userIdentity(PropertiesService, {clock, random}),
    log,
  };
}
