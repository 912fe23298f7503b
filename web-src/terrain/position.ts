// Where the phone is, with its accuracy, while it is being asked.
export interface Fix {
  lon: number;
  lat: number;
  accuracy: number; // metres
  at: number; // ms
}

export type Trouble = "denied" | "unavailable" | "unsupported";

let last: Fix | null = null;
export const lastFix = () => (last && Date.now() - last.at < 120_000 ? last : null);

// Follows the position until the function that comes back is called.
export function follow(found: (f: Fix) => void, trouble: (t: Trouble) => void): () => void {
  if (!navigator.geolocation) {
    trouble("unsupported");
    return () => undefined;
  }
  const id = navigator.geolocation.watchPosition(
    (p) => found((last = { lon: p.coords.longitude, lat: p.coords.latitude, accuracy: p.coords.accuracy, at: Date.now() })),
    (e) => {
      if (e.code !== e.TIMEOUT) trouble(e.code === e.PERMISSION_DENIED ? "denied" : "unavailable");
    },
    { enableHighAccuracy: true, maximumAge: 0, timeout: 60_000 },
  );
  return () => navigator.geolocation.clearWatch(id);
}

// Whether the person has allowed it already: then nothing is asked.
export async function allowed(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false;
  }
}
