// Package errs is the one kind of error that crosses package borders.
//
// It knows: what kind of failure it is (who can do something about it), a
// message key that may be shown to a visitor, the fields at fault, the next
// step, and the cause that only the log sees.
//
// It must not know: any language (i18n says the messages), HTTP (httpx maps kinds to
// statuses), or who reads.
//
// Start with errs.go: return errs.New(errs.Invalid, "area.key"), add
// defer errs.Wrap(&err, "package.Method(%s)", id) at the top of an exported method.
package errs
