import type { Island } from "../island";

// A form that the browser's passkey fills: it asks the server for a challenge, has
// the browser make ("create") or find ("get") a passkey, and submits the answer.
// data-challenge is the address of the challenge, data-refused what is said when the
// browser or the person says no.
const passkey: Island = (element) => {
  const form = element as HTMLFormElement;
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const trouble = form.querySelector<HTMLElement>("[data-trouble]");
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  if (!trouble || !button) return;
  form.hidden = false;
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    button.disabled = true;
    trouble.hidden = true;
    run(form).catch((why: unknown) => {
      button.disabled = false;
      trouble.textContent = why instanceof Said ? why.message : (form.dataset.refused ?? "");
      trouble.hidden = false;
    });
  });
};
export default passkey;

// What the server said, in words for people.
class Said extends Error {}

interface Challenge {
  options: { publicKey: Record<string, unknown> };
  step: string;
}

async function run(form: HTMLFormElement): Promise<void> {
  const answer = await fetch(form.dataset.challenge ?? "", {
    method: "POST",
    headers: { "Accept-Language": document.documentElement.lang },
    body: new URLSearchParams([...new FormData(form)].map(([k, v]) => [k, String(v)])),
  });
  const body = (await answer.json()) as Challenge & { error?: { message: string } };
  if (!answer.ok) throw new Said(body.error?.message ?? form.dataset.refused);
  const made = form.dataset.ceremony === "create" ? await create(body.options.publicKey) : await get(body.options.publicKey);
  set(form, "step", body.step);
  set(form, "answer", JSON.stringify(made));
  form.submit();
}

function set(form: HTMLFormElement, name: string, value: string): void {
  const input = form.elements.namedItem(name);
  if (input instanceof HTMLInputElement) input.value = value;
}

// Bytes travel as base64url (WebAuthn, section 5.10); browsers want buffers.
function bytes(text: unknown): ArrayBuffer {
  const raw = atob(String(text).replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer | null): string | undefined {
  if (!buffer) return undefined;
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

function keys(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list ?? []) as PublicKeyCredentialDescriptor[]).map((k) => ({ ...k, id: bytes(k.id) }));
}

async function create(o: Record<string, unknown>): Promise<unknown> {
  const user = o.user as PublicKeyCredentialUserEntity;
  const publicKey = { ...o, challenge: bytes(o.challenge), user: { ...user, id: bytes(user.id) }, excludeCredentials: keys(o.excludeCredentials) };
  const made = (await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...common(made),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

async function get(o: Record<string, unknown>): Promise<unknown> {
  const publicKey = { ...o, challenge: bytes(o.challenge), allowCredentials: keys(o.allowCredentials) };
  const found = (await navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions })) as PublicKeyCredential;
  const response = found.response as AuthenticatorAssertionResponse;
  return {
    ...common(found),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
  };
}

function common(key: PublicKeyCredential): Record<string, unknown> {
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    authenticatorAttachment: key.authenticatorAttachment ?? undefined,
    clientExtensionResults: key.getClientExtensionResults(),
  };
}
