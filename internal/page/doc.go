// Package page keeps the texts of the portal that its host may write: what open
// data is, the law, licences, legal notices, the accessibility statement, the
// introduction of the home page.
//
// Each text comes with Socle, in both languages, until the host writes another. The
// package must not know how Markdown becomes HTML: whoever shows a text does it with
// package markup.
//
// Start with Service.Get.
package page
