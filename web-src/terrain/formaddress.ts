// The form and the key that an address of the portal names: /terrain#add/FORM/KEY.
export function address(text: string): { id: string; key: string } | null {
  const m = /\/terrain#add\/([A-Za-z0-9_-]{1,64})(?:\/([A-Za-z0-9_-]{1,128}))?$/.exec(text.trim());
  return m ? { id: m[1], key: m[2] ?? "" } : null;
}
