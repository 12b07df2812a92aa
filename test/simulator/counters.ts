/** What service calls have cost: one Counters for the world and one for each execution. */
import type {Counts, ServiceCall} from './types';

const READS = new Set(['getProperty', 'getProperties', 'getKeys']);
const WRITES = new Set(['setProperty', 'setProperties']);
const DELETES = new Set(['deleteProperty', 'deleteAllProperties']);
const ACQUISITIONS = new Set(['tryLock', 'waitLock']);

export class Counters {
  private reads = 0;
  private writes = 0;
  private deletes = 0;
  private bytesWritten = 0;
  private bytesRead = 0;
  private locks = 0;
  private triggerCalls = 0;
  private triggersCreated = 0;
  private calls = 0;
  private readonly byMethod = new Map<string, number>();

  count(call: Pick<ServiceCall, 'service' | 'method'>): void {
    const {service, method} = call;
    this.calls++;
    const name = `${service}.${method}`;
    this.byMethod.set(name, (this.byMethod.get(name) ?? 0) + 1);
    if (service === 'properties') {
      if (READS.has(method)) this.reads++;
      if (WRITES.has(method)) this.writes++;
      if (DELETES.has(method)) this.deletes++;
    }
    if (service === 'lock' && ACQUISITIONS.has(method)) this.locks++;
    if (service === 'triggers') this.triggerCalls++;
  }

  countBytes(read: number, written: number): void {
    this.bytesRead += read;
    this.bytesWritten += written;
  }

  countTrigger(): void {
    this.triggersCreated++;
  }

  snapshot(): Counts {
    const {reads, writes, deletes, bytesWritten, bytesRead, locks, triggerCalls, triggersCreated, calls} = this;
    const byMethod = Object.fromEntries([...this.byMethod].sort(([one], [other]) => (one < other ? -1 : 1)));
    return {reads, writes, deletes, bytesWritten, bytesRead, locks, triggerCalls, triggersCreated, calls, byMethod};
  }
}
