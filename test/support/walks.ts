/** What something throws; fails where it throws nothing. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('Expected that something is thrown.');
}
