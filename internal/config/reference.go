package config

import (
	"fmt"
	"strings"

	"socle/internal/i18n"
)

// Reference writes the list of settings as Markdown: docs/configuration.md and
// its English twin.
func Reference(l i18n.Lang) string {
	var b strings.Builder
	t := func(key string) string { return i18n.T(l, key) }
	fmt.Fprintf(&b, "# %s\n\n%s\n\n%s\n", t("config.ref.title"), t("config.ref.order"), t("config.ref.secrets"))
	titles := sections(l)
	section := "-"
	for _, f := range Fields() {
		if f.Section != section {
			section = f.Section
			title := titles[section]
			if section == "" {
				title = t("config.ref.general")
			}
			fmt.Fprintf(&b, "\n## %s\n\n| %s | %s | %s | %s | %s |\n|---|---|---|---|---|\n", title,
				t("config.ref.flag"), t("config.ref.env"), t("config.ref.key"), t("config.ref.default"), t("config.ref.doc"))
		}
		env := f.Env
		if f.Key == "" {
			env = EnvFile
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | %s | %s | %s |\n", f.Flag, env, code(f.Key), code(f.Default), strings.ReplaceAll(f.Doc[l], "|", "\\|"))
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
