/** What the tests use of the package, which has no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  export class Provider {
    constructor(
      issuer: string,
      configuration: {
        findAccount(context: unknown, sub: string): { accountId: string; claims(): { sub: string; email: string } };
        [setting: string]: unknown;
      },
    );
    callback(): RequestListener;
  }
}
