// Dates, moments and times in expressions, as days since 1970 on the clock of the
// place. As in internal/schema/expression/moment.go.
export interface Clock {
  now: number; // ms since 1970
  zone: number; // minutes east of Greenwich
}

const day = 86_400_000;

export function readMoment(s: string, clock: Clock): number {
  if (s.length < 4 || s.length > 40 || !/^[0-9]/.test(s)) return NaN;
  const cut = s.includes("T") ? s.indexOf("T") : s.indexOf(" ");
  if (cut < 0 && s.includes(":")) {
    const c = readClock(s);
    return c && c.offset === null ? c.seconds / 86_400 : NaN;
  }
  const whole = readDate(cut < 0 ? s : s.slice(0, cut));
  if (Number.isNaN(whole) || cut < 0) return whole;
  const c = readClock(s.slice(cut + 1));
  if (!c) return NaN;
  const seconds = c.seconds + (c.offset === null ? 0 : clock.zone * 60 - c.offset);
  return whole + seconds / 86_400;
}

// Year-month-day or day/month/year.
function readDate(s: string): number {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(s);
  const french = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(s);
  const [y, m, d] = iso ? [iso[1], iso[2], iso[3]].map(Number) : french ? [french[3], french[2], french[1]].map(Number) : [NaN, NaN, NaN];
  const t = new Date(0);
  t.setUTCFullYear(y, m - 1, d);
  return t.getUTCMonth() === m - 1 && t.getUTCDate() === d ? Math.round(t.getTime() / day) : NaN;
}

// hh:mm[:ss[.fff]][Z|±hh:mm]
function readClock(s: string): { seconds: number; offset: number | null } | null {
  const m = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?$/.exec(s);
  if (!m || Number(m[1]) > 24 || Number(m[2]) > 59 || Number(m[3] ?? 0) > 60 || Number(m[7] ?? 0) > 18 || Number(m[8] ?? 0) > 59) return null;
  const seconds = Number(m[1]) * 3600 + Number(m[2]) * 60 + Number(m[3] ?? 0) + (m[4] ? Number(m[4]) / 10 ** m[4].length : 0);
  const offset = m[5] ? 0 : m[6] ? (m[6] === "-" ? -1 : 1) * (Number(m[7]) * 3600 + Number(m[8] ?? 0) * 60) : null;
  return seconds <= 86_400 ? { seconds, offset } : null;
}

const pad = (n: number, width: number) => String(n).padStart(width, "0");

// A moment on the clock of the place: read its UTC parts.
export function dateOf(days: number): Date | null {
  if (Number.isNaN(days) || Math.abs(days) > 3e6) return null;
  const d = new Date(Math.floor(days * day + 0.5));
  return d.getUTCFullYear() < 1 || d.getUTCFullYear() > 9999 ? null : d;
}

export const nowOf = (clock: Clock): Date => new Date(clock.now + clock.zone * 60_000);

export const isoDate = (d: Date): string => `${pad(d.getUTCFullYear(), 4)}-${pad(d.getUTCMonth() + 1, 2)}-${pad(d.getUTCDate(), 2)}`;

export function isoMoment(d: Date, clock: Clock): string {
  const z = Math.abs(clock.zone);
  return `${isoDate(d)}T${pad(d.getUTCHours(), 2)}:${pad(d.getUTCMinutes(), 2)}:${pad(d.getUTCSeconds(), 2)}.${pad(d.getUTCMilliseconds(), 3)}${clock.zone < 0 ? "-" : "+"}${pad(Math.floor(z / 60), 2)}:${pad(z % 60, 2)}`;
}

const monthNames: Record<string, string[]> = {
  fr: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
  en: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
};
const dayNames: Record<string, string[]> = {
  fr: ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
  en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
};

// The signs of format-date: %Y %y %m %n %b %d %e %H %h %M %S %3 %a.
export function formatMoment(d: Date, pattern: string, language: string): string {
  const l = monthNames[language] ? language : "en";
  const sign: Record<string, string> = {
    Y: pad(d.getUTCFullYear(), 4), y: pad(d.getUTCFullYear() % 100, 2), m: pad(d.getUTCMonth() + 1, 2), n: String(d.getUTCMonth() + 1), b: monthNames[l][d.getUTCMonth()],
    d: pad(d.getUTCDate(), 2), e: String(d.getUTCDate()), H: pad(d.getUTCHours(), 2), h: String(d.getUTCHours()), M: pad(d.getUTCMinutes(), 2), S: pad(d.getUTCSeconds(), 2),
    "3": pad(d.getUTCMilliseconds(), 3), a: dayNames[l][d.getUTCDay()], "%": "%",
  };
  return pattern.replace(/%(.)/gs, (whole, c: string) => sign[c] ?? whole);
}
