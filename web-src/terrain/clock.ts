// The server's clock, as its answers tell it: phones are wrong by minutes or years.

export interface Clock {
  offset: number; // add to this phone's clock, ms
  trip: number; // how long the answer took, ms
  at: number; // when it was noted, ms of this phone
}

const freshFor = 3_600_000;
const tolerated = 60_000; // a clock that is less wrong is left as it is

// Notes what an answer says; a quick answer tells more than a slow one.
export function note(old: Clock | null, date: string | null, asked: number, came: number): Clock | null {
  const server = date ? Date.parse(date) : NaN;
  if (Number.isNaN(server) || came < asked) return old;
  const trip = came - asked;
  // The header has whole seconds: half of one is what it leaves out on average.
  const next = { offset: Math.round(server + 500 - (asked + came) / 2), trip, at: came };
  if (!old || came - old.at > freshFor || came < old.at || trip <= old.trip || Math.abs(next.offset - old.offset) > trip + 2000) return next;
  return old;
}

// The moment by the server's clock, as far as it is known.
export function corrected(ms: number, offset: number | null): number {
  return offset !== null && Math.abs(offset) > tolerated ? ms + offset : ms;
}

// When an entry was made. What was known at the time holds; else what is known
// now; and nothing is made later than it is sent.
export function madeAt(made: number, then: number | null, now: Clock | null, present: number): string {
  const offset = then ?? now?.offset ?? null;
  const limit = corrected(present, now?.offset ?? null);
  return new Date(Math.min(corrected(made, offset), limit)).toISOString();
}

// How wrong this phone's clock is, in minutes; 0 when it is right or not known.
export function minutesWrong(clock: Clock | null): number {
  return clock && Math.abs(clock.offset) > 2 * tolerated ? Math.round(-clock.offset / 60_000) : 0;
}
