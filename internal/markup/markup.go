package markup

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// MaxBytes is how much Markdown is read; what follows is left out. A page of
// guidance is about 10 kB.
const MaxBytes = 256 << 10

var (
	markdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify))
	policy   = newPolicy()
)

// newPolicy lists what may stand in the result, after goldmark has left raw HTML out:
// both would have to fail for a script to pass.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "li", "h1", "h2", "h3", "h4", "h5", "h6",
		"table", "thead", "tbody", "tr", "a", "ol", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[a-z0-9]{1,20}$`)).OnElements("code")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").Matching(ownPath).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(false)
	return p
}

// ownPath is a path of this server: one slash, so that no other host can be meant.
var ownPath = regexp.MustCompile(`^/(?:[^/\\\s][^\\\s]*)?$`)

// HTML renders Markdown. Headings begin one level under the given one (under 2:
// "# Title" becomes h3), so that the page keeps its outline. Raw HTML is left
// out; links elsewhere carry rel="nofollow noopener"; images of this server stay,
// those of others become links, so that no visitor's address reaches a third party.
func HTML(source string, under int) string {
	src := []byte(clean(source))
	doc := markdown.Parser().Parse(text.NewReader(src))
	mend(doc, under)
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, src, doc); err != nil {
		// Writing to a buffer does not fail; should a renderer do, the text stays readable.
		return policy.Sanitize("<p>" + escape(Text(source, 0)) + "</p>")
	}
	out := policy.SanitizeReader(&b).String()
	return strings.ReplaceAll(out, `rel="nofollow"`, `rel="nofollow noopener"`)
}

// mend moves headings down and replaces foreign images.
func mend(doc ast.Node, under int) {
	var images []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(max(n.Level+under, 1), 6)
		case *ast.Image:
			images = append(images, n)
		}
		return ast.WalkContinue, nil
	})
	for _, img := range images {
		if ownPath.Match(img.Destination) {
			img.SetAttributeString("loading", []byte("lazy"))
			continue
		}
		var n ast.Node = ast.NewTextBlock()
		if !inLink(img) { // HTML knows no link within a link
			link := ast.NewLink()
			link.Destination = img.Destination
			n = link
		}
		for c := img.FirstChild(); c != nil; {
			next := c.NextSibling()
			n.AppendChild(n, c)
			c = next
		}
		if n.ChildCount() == 0 {
			n.AppendChild(n, ast.NewString(escapeBytes(img.Destination)))
		}
		img.Parent().ReplaceChild(img.Parent(), img, n)
	}
}

func inLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if _, ok := p.(*ast.Link); ok {
			return true
		}
	}
	return false
}

// Text is the Markdown without its marks, in one line, cut at a word after at
// most limit characters (0: whole). It is plain text: escape it in HTML.
func Text(source string, limit int) string {
	src := []byte(clean(source))
	doc := markdown.Parser().Parse(text.NewReader(src))
	var b strings.Builder
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(src))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(src))
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			if entering {
				lines := n.Lines()
				for i := range lines.Len() {
					line := lines.At(i)
					b.Write(line.Value(src))
					b.WriteByte(' ')
				}
			}
		case *ast.HTMLBlock:
			return ast.WalkSkipChildren, nil
		case *extast.TableCell:
			b.WriteByte(' ')
		default:
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return cut(strings.Join(strings.Fields(b.String()), " "), limit)
}

// cut ends a text at a word, with …
func cut(s string, limit int) string {
	if limit <= 0 || utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)[:limit]
	end := len(runes) - 1
	for i := end; i > limit/2; i-- {
		if unicode.IsSpace(runes[i]) {
			end = i
			break
		}
	}
	return strings.TrimRightFunc(string(runes[:end]), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }) + "…"
}

// clean bounds the text and takes out what is no text: broken UTF-8, control
// characters, and marks that turn the direction of what follows.
func clean(s string) string {
	if len(s) > MaxBytes {
		s = s[:MaxBytes]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n"))
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(s)
}

func escapeBytes(b []byte) []byte { return []byte(escape(string(b))) }
