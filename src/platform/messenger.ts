/** Mail and posts through the services that the host handed over: their names alone would ask for permissions. */
import type {Messenger} from '../engine/ports';
import type {Host} from './host';

const FIRST_ERROR_CODE = 400;

/** The port over a host's services; the one that is missing throws when it is used. */
export function hostMessenger({mail, fetch}: Pick<Host, 'mail' | 'fetch'>): Messenger {
  return {
    mail: (to, subject, body) => {
      if (mail === null) throw new Error('no service for mail was handed over with bind(globalThis, {mail})');
      mail.sendEmail(to, subject, body);
    },
    post: (url, json) => {
      if (fetch === null) throw new Error('no service for posts was handed over with bind(globalThis, {fetch})');
      const request = {
        url,
        method: 'post',
        contentType: 'application/json',
        payload: json,
        muteHttpExceptions: true,
      } as const;
      const code = fetch.fetchAll([request])[0]?.getResponseCode() ?? 0;
      if (code === 0 || code >= FIRST_ERROR_CODE) throw new Error(`the web hook answered with code ${code}`);
    },
  };
}
