/** One key-value store of strings. It keeps its size instead of summing it up: writes are the commonest call. */
export class PropertyStore {
  private readonly entries = new Map<string, string>();
  private size = 0;

  /** UTF-8 bytes of all keys and values. */
  get bytes(): number {
    return this.size;
  }

  get count(): number {
    return this.entries.size;
  }

  get(key: string): string | null {
    return this.entries.get(key) ?? null;
  }

  set(key: string, text: string): void {
    this.size += this.growthBy(key, text);
    this.entries.set(key, text);
  }

  delete(key: string): void {
    this.size -= this.bytesAt(key);
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
    this.size = 0;
  }

  keys(): string[] {
    return [...this.entries.keys()];
  }

  copy(): Map<string, string> {
    return new Map(this.entries);
  }

  /** How much larger the store would be with this entry. */
  growthBy(key: string, text: string): number {
    return Buffer.byteLength(key) + Buffer.byteLength(text) - this.bytesAt(key);
  }

  private bytesAt(key: string): number {
    const text = this.entries.get(key);
    return text === undefined ? 0 : Buffer.byteLength(key) + Buffer.byteLength(text);
  }
}
