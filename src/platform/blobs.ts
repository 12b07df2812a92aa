/** Bytes of a file as the host knows them: a Blob of `Utilities`, where it is there. */
import type {Blobs} from '../engine/ports';
import type {UtilitiesLike} from './handles';

/** The port over `Utilities.newBlob`. */
export function hostBlobs(service: UtilitiesLike | undefined): Blobs {
  return {
    make: (bytes, mime, name) => {
      if (service?.newBlob === undefined) return {bytes, mime, name};
      const blob = mime === null ? service.newBlob([...bytes]) : service.newBlob([...bytes], mime);
      if (name !== null) blob.setName(name);
      return blob;
    },
  };
}
