import type { Island } from "../island";
import { Draft } from "../entry/draft";

// The page that says thank you: the entry has arrived, its draft may go.
const entrysent: Island = (element) => {
  const { keeps, entry } = element.dataset;
  if (keeps && entry) new Draft(keeps).arrived(entry);
};
export default entrysent;
