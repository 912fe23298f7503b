// Package form knows what a form is as a value: its items and the controls they
// are filled in with, how one is made from a Table Schema, and the Table Schema
// that one writes.
//
// It must not know who fills forms in, nor where entries are kept: that is
// package collect.
//
// Start with form.go (the value and its JSON), from_schema.go (a control for
// each field), to_schema.go (back), language.go (its other language), values.go (what an entry holds, as text).
package form
