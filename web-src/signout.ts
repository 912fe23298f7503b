// Signing out of the portal hides, in the field application of the same browser, what
// the person has entered there: the moment is noted where that application looks.
export const SIGNED_OUT = "socle-signed-out";

export function signedOut(): void {
  try {
    localStorage.setItem(SIGNED_OUT, String(Date.now()));
  } catch {
    // storage is forbidden: the field application keeps nothing either
  }
}

export function signOuts(): void {
  document.addEventListener("submit", (e) => {
    if ((e.target as HTMLFormElement).action.endsWith("/sign-out")) signedOut();
  });
}
