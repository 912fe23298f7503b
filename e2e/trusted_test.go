package e2e

import "testing"

// Where the browser has Trusted Types: HTML with handlers or scripts of others reaches
// no page, addresses of scripts are ours, and what the server writes gets through.
func TestTrustedTypes(t *testing.T) {
	p, _ := demo(t)
	s := browse(t, p)
	s.open("/search")
	if s.text(`String(typeof trustedTypes)`) != "object" {
		t.Fatal("this browser has no Trusted Types")
	}
	for _, c := range []struct{ js, want string }{
		{`document.createElement("div").innerHTML = "<img src=x onerror=alert(1)>"`, "refused"},
		{`document.createElement("div").innerHTML = "<script>alert(1)</" + "script>"`, "refused"},
		{`document.createElement("div").innerHTML = "<script src='https://ailleurs.example/x.js'></" + "script>"`, "refused"},
		{`document.createElement("div").innerHTML = "<a href=' javascript:alert(1)'>x</a>"`, "refused"},
		{`document.createElement("div").innerHTML = "<template><iframe srcdoc='x'></iframe></template>"`, "refused"},
		{`document.createElement("script").src = "https://ailleurs.example/x.js"`, "refused"},
		{`document.createElement("script").textContent = "1"`, "refused"},
		{`new Worker("data:text/javascript,1")`, "refused"},
		{`document.createElement("div").innerHTML = "<p class=x>one = 1, on peut = 2</p>"`, "done"},
		{`trustedTypes.createPolicy("other", {createHTML: (x) => x})`, "refused"},
	} {
		if got := s.text(`(() => { try { ` + c.js + `; return "done" } catch { return "refused" } })()`); got != c.want {
			t.Errorf("%s: %s, want %s", c.js, got, c.want)
		}
	}
}
