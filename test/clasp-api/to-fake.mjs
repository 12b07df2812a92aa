// Preloaded into the unmodified clasp: node --import to-fake.mjs …/clasp/build/src/index.js push
// clasp has no option for the address of the API, but the client that it uses has one for each API object it makes.
import {createRequire} from 'node:module';

const root = process.env.AST_FAKE_API ?? '';
if (!/^http:\/\/127\.0\.0\.1:\d+$/.test(root)) throw new Error('AST_FAKE_API must be http://127.0.0.1:PORT');

const {google} = createRequire(process.argv[1])('googleapis');
for (const api of ['script', 'drive', 'oauth2', 'serviceusage', 'discovery', 'logging']) {
  const make = google[api];
  google[api] = (options) => {
    const given = typeof options === 'string' ? {version: options} : options;
    return make.call(google, {...given, rootUrl: `${root}/`});
  };
}
