// An element with data-opens="id" shows the dialog of that id. Where it is a link, the
// link leads to the page that asks the same question without a script.
export function dialogs(): void {
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element) || e.ctrlKey || e.metaKey || e.shiftKey) return;
    const opener = e.target.closest<HTMLElement>("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens ?? "");
      if (dialog instanceof HTMLDialogElement) {
        e.preventDefault();
        dialog.showModal();
      }
    }
    if (e.target instanceof HTMLDialogElement && e.target.open) e.target.close(); // the backdrop
  });
}
