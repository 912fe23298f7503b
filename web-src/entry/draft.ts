// What is typed into a form stays in this browser until it has arrived. Sending puts it
// aside, with the name of the entry; the page that says thank you takes it away. When
// nothing came back, it is there again, and sent again it is the same entry.
export type Answers = Record<string, string[]>; // by input: {"v-nom": ["Le cèdre"]}

interface Sent {
  entry: string;
  secret: string;
  answers: Answers;
}

function read<T>(key: string): T | undefined {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? "null") as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // storage is full or closed: nothing is kept, the form works
  }
}

// The answers that a form holds now.
export function answersOf(form: HTMLFormElement): Answers {
  const out: Answers = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value !== "" && name.startsWith("v-")) (out[name] ??= []).push(value);
  return out;
}

// Draft is what is kept of one form, under its name in this browser.
export class Draft {
  constructor(private readonly name: string) {}

  get answers(): Answers {
    return read<Answers>(this.name) ?? {};
  }

  // The answers of the entry before.
  get last(): Answers {
    return read<Answers>(`${this.name}-last`) ?? {};
  }

  keep(answers: Answers): void {
    write(this.name, answers);
  }

  // The form is being sent.
  putAside(form: HTMLFormElement): void {
    const answers = answersOf(form);
    const data = new FormData(form);
    this.keep(answers);
    write(`${this.name}-sent`, { entry: String(data.get("entry")), secret: String(data.get("secret")), answers } satisfies Sent);
  }

  // Gives the form the name of the entry that was sent without an answer.
  takeUp(form: HTMLFormElement): void {
    const sent = read<Sent>(`${this.name}-sent`);
    for (const name of ["entry", "secret"] as const) {
      const input = form.elements.namedItem(name);
      if (sent && input instanceof HTMLInputElement) input.value = sent[name];
    }
  }

  // The entry is at the portal. What was typed since, in another window, stays.
  arrived(entry: string): void {
    const sent = read<Sent>(`${this.name}-sent`);
    if (sent?.entry !== entry) return;
    write(`${this.name}-last`, sent.answers);
    write(`${this.name}-sent`, undefined);
    if (JSON.stringify(this.answers) === JSON.stringify(sent.answers)) write(this.name, undefined);
  }

  forget(): void {
    write(this.name, undefined);
    write(`${this.name}-sent`, undefined);
  }
}
