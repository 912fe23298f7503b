// How texts are looked for in lists that this page holds.

// fold forgives capitals, accents and joined letters.
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae");
}

// has makes the test whether a text has each of the words that are looked for, or parts of words.
export function has(words: string): (text: string) => boolean {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  return (text) => {
    const folded = fold(text);
    return wanted.every((w) => folded.includes(w));
  };
}

export const fewChoices = 12; // of a list that is shown without a search
