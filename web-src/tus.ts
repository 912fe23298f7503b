// The core of the tus protocol 1.0.0 with creation and termination
// (https://tus.io/protocols/resumable-upload), as /api/v1/uploads speaks it.
// Requests are XMLHttpRequest: fetch does not tell how much of a body has left.

// No answer came: the network is cut, or silent for too long.
export class Cut extends Error {}

// The person does not want the upload any more.
export class Stopped extends Error {}

// The server says no. The words are its own, in the language of the page; empty
// when it gave none.
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string,
    readonly after: number, // seconds that the server asks to wait; 0: it does not say
  ) {
    super(message);
  }
  // Whether the same request may be accepted later.
  get passing(): boolean {
    return this.status >= 500 || [408, 409, 423, 425, 429].includes(this.status);
  }
}

// A request may be silent for so long, in milliseconds: while bytes leave, then
// until the answer. Behind the last piece the server puts the file together.
const silence = { sending: 30_000, answer: 60_000, last: 900_000 };

type Request = {
  headers?: Record<string, string>;
  body?: Blob;
  last?: boolean;
  sent?: (bytes: number) => void;
  signal?: AbortSignal;
};

function ask(method: string, address: string, want: number, r: Request): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    if (r.signal?.aborted) return reject(new Stopped());
    const xhr = new XMLHttpRequest();
    let timer = 0;
    const wait = (ms: number) => {
      clearTimeout(timer);
      timer = window.setTimeout(() => (xhr.abort(), end(() => reject(new Cut()))), ms);
    };
    const stop = () => (xhr.abort(), end(() => reject(new Stopped())));
    const end = (then: () => void) => {
      clearTimeout(timer);
      r.signal?.removeEventListener("abort", stop);
      then();
    };
    xhr.open(method, address);
    xhr.setRequestHeader("Tus-Resumable", "1.0.0");
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("Accept-Language", document.documentElement.lang);
    for (const [name, value] of Object.entries(r.headers ?? {})) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (e) => {
      wait(silence.sending);
      r.sent?.(e.loaded);
    };
    xhr.upload.onload = () => wait(r.last ? silence.last : silence.answer);
    xhr.onload = () => end(() => (xhr.status === want ? resolve(xhr) : reject(refusal(xhr))));
    xhr.onerror = () => end(() => reject(new Cut()));
    r.signal?.addEventListener("abort", stop);
    wait(r.body ? silence.sending : silence.answer);
    xhr.send(r.body);
  });
}

function refusal(xhr: XMLHttpRequest): Refused {
  const after = Number(xhr.getResponseHeader("Retry-After")) || 0;
  try {
    const { message, hint } = (JSON.parse(xhr.responseText) as { error: { message?: string; hint?: string } }).error;
    return new Refused(xhr.status, message ?? "", hint ?? "", after);
  } catch {
    return new Refused(xhr.status, "", "", after); // an answer of a proxy, or of HEAD
  }
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

function offsetOf(xhr: XMLHttpRequest): number {
  const n = Number(xhr.getResponseHeader("Upload-Offset") ?? NaN);
  if (!Number.isSafeInteger(n) || n < 0) throw new Refused(502, "", "", 0);
  return n;
}

// Announces a file to the endpoint and returns the address of its upload.
export async function create(endpoint: string, file: File, organisation: string, signal: AbortSignal): Promise<string> {
  const metadata = `filename ${base64(file.name)},organisation ${base64(organisation)}`;
  const xhr = await ask("POST", endpoint, 201, { headers: { "Upload-Length": String(file.size), "Upload-Metadata": metadata }, signal });
  const address = xhr.getResponseHeader("Location");
  if (!address) throw new Refused(502, "", "", 0);
  return new URL(address, location.href).pathname;
}

// Asks how many bytes of an upload are safe, and of how many.
export async function state(address: string, signal?: AbortSignal): Promise<{ safe: number; of: number }> {
  const xhr = await ask("HEAD", address, 200, { signal });
  return { safe: offsetOf(xhr), of: Number(xhr.getResponseHeader("Upload-Length")) };
}

// Sends the bytes from..to of a file and returns how many are safe afterwards;
// sent is told how many of them have left so far.
export async function send(address: string, file: File, from: number, to: number, sent: (bytes: number) => void, signal: AbortSignal): Promise<number> {
  const headers = { "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream" };
  return offsetOf(await ask("PATCH", address, 204, { headers, body: file.slice(from, to), last: to === file.size, sent, signal }));
}

// Forgets an upload on the server.
export async function remove(address: string): Promise<void> {
  await ask("DELETE", address, 204, {});
}
