/** The ports of one host, put together. The only place that reads the real clock and real chance. */
import {Meter} from '../engine/meter';
import {metered} from '../engine/metered';
import type {Backends, Clock, Log, Ports, Random, StorePorts} from '../engine/ports';
import {propertiesBackend} from '../engine/properties-backend';
import {hostBlobs} from './blobs';
import {cacheBackend} from './cache-backend';
import {clockTriggers} from './clock-triggers';
import {driveBackend} from './drive-backend';
import type {Host} from './host';
import {memoryIdentity, memoryMutex, memoryStore, memoryTriggers, type Memory} from './memory-store';
import {hostMessenger} from './messenger';
import {propertiesStore, userIdentity} from './properties-store';
import {scriptLock} from './script-lock';
import {webWorkers} from './web-workers';
import {workerSecret} from './worker-post';
import {sheetBackend} from './sheet-backend';

/** An execution begins when the bundle is loaded: Apps Script loads every file anew for each. */
const LOADED_AT_MS = Math.floor(Date.now());

const random: Random = {next: () => Math.random()};

const meter = new Meter(LOADED_AT_MS);

/** The ports over a host's services, or over nothing but memory. */
export function portsOf(host: Host): Ports {
  const {ScriptApp, Utilities, console} = host.services;
  const log: Log = {
    line: (text) => {
      try {
        console?.log(text);
      } catch {
        // A line that is lost must not end a job.
      }
    },
  };
  const handlers: Ports['handlers'] = {find: (name) => host.findFunction(name)};
  const yaml: Ports['yaml'] = {find: () => host.findYaml()};
  const messenger = hostMessenger(host);
  if (host.memory !== null)
    return memoryPorts(host.memory, {handlers, yaml, log, messenger, blobs: hostBlobs(Utilities)});
  const {PropertiesService, LockService} = host.services;
  const clock = clockThat((ms) => {
    Utilities?.sleep(ms);
  });
  const store = propertiesStore(PropertiesService, host.store);
  const mutex = scriptLock(LockService, host.store, host.lock);
  const backends = backendsOf(host, {clock, random, store, mutex, log});
  return metered({
    ...{clock, random, store, mutex, handlers, yaml, log},
    triggers: clockTriggers(ScriptApp, host.triggerHandler, () => host.hasTriggerHandler()),
    messenger,
    identity: userIdentity(PropertiesService, {clock, random}),
    starter: host.webApp === null ? null : webWorkers(host.webApp, clock, () => workerSecret(PropertiesService), log),
    blobs: hostBlobs(Utilities),
    backends,
    archive: backends.drive ?? backends.sheet ?? null,
    meter,
  });
}

/** Not metered: what touches no service uses nothing of the day's quotas. */
function memoryPorts(memory: Memory, ports: Pick<Ports, 'handlers' | 'yaml' | 'log' | 'blobs' | 'messenger'>): Ports {
  // Nothing in memory fails for a moment, so that nobody waits.
  const clock = clockThat(() => undefined);
  const [store, mutex] = [memoryStore(memory), memoryMutex(memory)];
  return {
    ...ports,
    ...{clock, random, store, mutex, meter},
    triggers: memoryTriggers(),
    identity: memoryIdentity(memory, random),
    starter: null,
    backends: {properties: propertiesBackend({clock, random, store, mutex, log: ports.log})},
    archive: null,
  };
}

function clockThat(sleep: Clock['sleep']): Clock {
  // Whole milliseconds, whatever stands in for the clock in somebody's tests: times are summed up in logs.
  return {nowMs: () => Math.floor(Date.now()), startMs: LOADED_AT_MS, sleep};
}

function backendsOf({services, places, store}: Host, ports: StorePorts): Backends {
  const {CacheService} = services;
  const {drive, sheets} = places;
  return {
    properties: propertiesBackend(ports),
    ...(CacheService === undefined ? {} : {cache: cacheBackend(CacheService, store, ports)}),
    ...(drive === null ? {} : {drive: driveBackend(drive.service, drive.id, ports)}),
    ...(sheets === null ? {} : {sheet: sheetBackend(sheets.service, sheets.id, ports)}),
  };
}
