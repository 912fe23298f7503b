import type { Island } from "../island";
import { combobox } from "../entry/combobox";
import type { Proposal } from "../entry/combobox";

// Fields that are completed while one types. data-from answers {"proposals": [{"value",
// "label", "note"}]}; what is not proposed can be written too, and the server says whether
// it knows it.
const propose: Island = (element) => {
  const { from, label, some, none } = element.dataset;
  if (!from) return;
  const ask = async (q: string, signal: AbortSignal): Promise<Proposal[]> => {
    const answer = await fetch(`${from}?${new URLSearchParams({ q })}`, { signal, headers: { Accept: "application/json" } });
    return answer.ok ? ((await answer.json()) as { proposals: Proposal[] }).proposals : [];
  };
  const ends = [...element.querySelectorAll<HTMLInputElement>("input")].map((input) => combobox(input, { ask, label: label ?? "", some: some ?? "", none: none ?? "" }));
  return () => ends.forEach((end) => end());
};
export default propose;
