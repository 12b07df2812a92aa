// gas-local ships no types. It runs every .js file below a folder in a context made of the object that is passed, and
// returns that object, which by then holds what the files declare. Pass a fresh object for a fresh context.
declare module 'gas-local' {
  const gas: {
    require(folder: string, globals?: Record<string, unknown>): Record<string, unknown>;
    readonly globalMockDefault: Readonly<Record<string, unknown>>;
  };
  export default gas;
}
