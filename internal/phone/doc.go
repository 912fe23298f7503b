// Package phone reads phone numbers as people of France write them: which number it
// is, whether it can exist, its form E.164, whether it is a French mobile.
//
// The numbering plans of all regions are in plans.txt, made by tools/phone from the
// metadata of libphonenumber (Google, Apache License 2.0); the reading follows the
// same rules as that library (extensions, letters of a keypad, prefixes 00 and 0)
// with France as the region one dials from, and the tests compare the two. Not read:
// the parameters phone-context and isub of RFC 3966.
//
// Nothing is prepared when the program starts: the first number costs the reading of
// the plans (a fraction of a millisecond), the patterns of a region are compiled when
// a number needs them. The package knows no file of users, no network, no database.
//
// Start with Parse in phone.go.
package phone
