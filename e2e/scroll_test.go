package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// The rows of a long table come as one scrolls, and only some are in the page.
func TestScrolledRows(t *testing.T) {
	t.Parallel()
	p := start(t)
	var b strings.Builder
	b.WriteString("numero,nom\n")
	const rows = 12_000
	for i := range rows {
		fmt.Fprintf(&b, "%d,Lieu numéro %d\n", i+1, i+1)
	}
	d := publish(t, p.agent(t), "lieux.csv", []byte(b.String()), "Lieux d’essai")
	s := browse(t, p)
	s.open("/datasets/" + d.Slug)
	const region = `document.querySelector(".rows-scroll .table-scroll")`
	s.wait("rows by scrolling", region+` && document.querySelector("#rows[aria-rowcount='12001']")`)
	in := func(text string) string {
		return `[...document.querySelectorAll("#rows tbody tr:not(.rows-spacer)")].some((r) => r.cells[2].innerText === ` + quote(text) + ` && r.getBoundingClientRect().top < ` + region + `.getBoundingClientRect().bottom && r.getBoundingClientRect().bottom > ` + region + `.getBoundingClientRect().top)`
	}
	s.wait("the first row", in("Lieu numéro 1"))
	s.text(region + `.scrollTop = ` + region + `.scrollHeight, ""`)
	s.wait("the last row", in("Lieu numéro 12000"))
	s.text(region + `.scrollTop = ` + region + `.scrollHeight / 2, ""`)
	s.wait("a row of the middle", `(() => { const n = Number(document.querySelector(".rows-scroll").dataset.first); return n > 5900 && n < 6100 && [...document.querySelectorAll("#rows tbody tr")].some((r) => r.cells[2]?.innerText === "Lieu numéro " + (n + 2)); })()`)
	s.wait("few rows in the page", `document.querySelectorAll("#rows tbody tr").length < 600 && document.querySelector("#rows tbody tr:not(.rows-spacer)").getAttribute("aria-rowindex") > 5000`)
	s.text(region + `.scrollTop = 0, ""`)
	s.wait("the first row again", in("Lieu numéro 1"))
	s.sane()
	for _, v := range s.axe() {
		t.Error(v)
	}
	// From the page of an address, and filtered.
	s.open("/datasets/" + d.Slug + "?numero.ge=11900&sort=-numero")
	s.wait("101 rows", `document.querySelector("#rows[aria-rowcount='102']")`)
	s.text(region + `.scrollTop = ` + region + `.scrollHeight, ""`)
	s.wait("its last row", in("Lieu numéro 11900"))
	s.size(390, 800)
	s.open("/datasets/" + d.Slug)
	s.wait("pages on a phone", `!document.querySelector(".rows-scroll") && document.querySelectorAll("#rows tbody tr").length === 50`)
}
