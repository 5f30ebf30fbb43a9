import { fromBase64, toBase64 } from '../../api/base64';
import type { PasskeyAnswer, PasskeyAsked } from '../../api/members';

/** What keeps a browser from using a passkey here. */
export type Hindrance = 'address' | 'insecure' | 'browser';

/** Why there are no passkeys here, if so. `offered` is whether the server has them at this address. */
export function hindrance(offered: boolean, world: Pick<Window, 'isSecureContext'> = window): Hindrance | undefined {
  if (!world.isSecureContext) return 'insecure';
  if (!offered) return 'address';
  return 'PublicKeyCredential' in world ? undefined : 'browser';
}

/** Base64url without padding. */
export function encoded(bytes: ArrayBuffer): string {
  return toBase64(new Uint8Array(bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** What was encoded so. */
export function decoded(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text.replace(/-/g, '+').replace(/_/g, '/'));
}

/**
 * Has an authenticator make or show a passkey. Throws a `DOMException` when there is none, or nobody wants to; also where the
 * browser does not trust the server's certificate.
 */
export async function answerTo(asked: PasskeyAsked, name?: string): Promise<PasskeyAnswer> {
  return asked.make ? make(asked, asked.make, name) : show(asked);
}

async function show({ challenge, host }: PasskeyAsked): Promise<PasskeyAnswer> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: decoded(challenge),
    rpId: host,
    userVerification: 'required',
  };
  const credential = shown(await navigator.credentials.get({ publicKey }));
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    id: encoded(credential.rawId),
    client_data: encoded(response.clientDataJSON),
    authenticator_data: encoded(response.authenticatorData),
    signature: encoded(response.signature),
  };
}

async function make(
  { challenge, host }: PasskeyAsked,
  { user, name: member, algorithms, known }: NonNullable<PasskeyAsked['make']>,
  name?: string,
): Promise<PasskeyAnswer> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: decoded(challenge),
    rp: { id: host, name: host },
    user: { id: decoded(user), name: member, displayName: member },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: known.map((id) => ({ type: 'public-key', id: decoded(id) })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
  };
  const credential = shown(await navigator.credentials.create({ publicKey }));
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    client_data: encoded(response.clientDataJSON),
    authenticator_data: encoded(response.getAuthenticatorData()),
    ...(name ? { name } : {}),
  };
}

function shown(credential: Credential | null): PublicKeyCredential {
  if (credential instanceof PublicKeyCredential) return credential;
  throw new DOMException('the browser has no passkey', 'NotAllowedError');
}
