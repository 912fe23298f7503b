// What this browser remembers of uploads that are not finished, by person: a file
// chosen again goes on where it was, after a reload or a crash.
export type Remembered = { address: string; name: string; size: number; at: number; handed?: boolean };

// The server keeps an unfinished upload for seven days.
const life = 7 * 24 * 3600 * 1000;

export class Memory {
  private readonly place: string;
  constructor(owner: string) {
    this.place = `socle-uploads-${owner}`;
  }

  // A file is known by its name, its size and the time of its last change.
  static key(file: File, organisation: string): string {
    return [organisation, file.size, file.lastModified, file.name].join("/");
  }

  all(): Record<string, Remembered> {
    try {
      const kept = JSON.parse(localStorage.getItem(this.place) ?? "{}") as Record<string, Remembered>;
      return Object.fromEntries(Object.entries(kept).filter(([, r]) => r.at > Date.now() - life));
    } catch {
      return {}; // no storage, or not ours
    }
  }

  get(key: string): Remembered | undefined {
    return this.all()[key];
  }

  put(key: string, r: Remembered): void {
    this.save({ ...this.all(), [key]: r });
  }

  drop(key: string): void {
    const all = this.all();
    delete all[key];
    this.save(all);
  }

  private save(all: Record<string, Remembered>): void {
    try {
      if (Object.keys(all).length) localStorage.setItem(this.place, JSON.stringify(all));
      else localStorage.removeItem(this.place);
    } catch {
      // without storage an upload survives cuts, but not a reload
    }
  }
}
