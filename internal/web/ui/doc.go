// Package ui is how Socle looks: the frame of a page, its components, its
// colours, icons, and the files that the browser loads.
//
// It knows: templates (templ), their view types, the languages of a page,
// colour roles (tokens.json) and contrast, the manifest of built assets.
//
// It must not know: requests in progress, sessions, rights, or any domain. The
// pages of web/<area> fill its view types; web/shell wraps them in Layout.
//
// A component is a struct that is a templ.Component: @ui.Button{Label: "…"}. Texts
// come translated (ui.T(ctx, key)); addresses are those of the French page, and the
// components put the prefix of the page's language before them (Href).
//
// Start with /_design (design.templ), which shows every component in all its
// states, then view.go. Styles and scripts are in web-src; after a change of a
// .templ file run "go tool templ generate".
package ui
