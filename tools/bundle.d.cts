// Types of bundle.cjs for tests that bundle the library with a part changed.
import type {BuildResult, Plugin} from 'esbuild';

export interface BundleOptions {
  readonly banner?: string;
  readonly plugins?: readonly Plugin[];
  readonly isLazy?: boolean;
}

export function bundleLibrary(options?: BundleOptions): Promise<BuildResult<{write: false; metafile: true}>>;
