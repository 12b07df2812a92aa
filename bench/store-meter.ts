/** The bytes of a script's properties while a world runs, and the most there were. */
import {utf8Bytes} from '../src/core/bytes';
import type {ServiceCall, World} from '../test/simulator';

export class StoreMeter {
  peakBytes = 0;
  private bytes = 0;
  private readonly sizes = new Map<string, number>();

  constructor(world: World) {
    world.onLanded = (call, error) => {
      if (error === null && call.service === 'properties' && call.store === 'script') this.follow(call);
    };
  }

  private follow({method, args}: ServiceCall): void {
    if (method === 'setProperty') this.set(String(args[0]), String(args[1]));
    if (method === 'setProperties')
      for (const [key, value] of Object.entries(args[0] as Record<string, string>)) this.set(key, value);
    if (method === 'deleteProperty') this.remove(String(args[0]));
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
  }

  private set(key: string, value: string): void {
    this.remove(key);
    const size = utf8Bytes(key) + utf8Bytes(value);
    this.sizes.set(key, size);
    this.bytes += size;
  }

  private remove(key: string): void {
    this.bytes -= this.sizes.get(key) ?? 0;
    this.sizes.delete(key);
  }
}
