// Package demo makes the demonstration territory: Haute-Garonne, the
// département and the eighteen authorities that piloted its shared portal, with
// datasets invented for them. It knows what is in the demonstration, not how it
// is stored: the wiring brings each file in by the same path as an agent would.
//
// Everything is made from a fixed seed, so that each start makes the same. The
// authorities are real and their acts are invented, therefore every title says
// "démonstration"; no private person and no company is named, and invented
// beneficiaries carry identifiers of a range that is not allocated.
//
// Start with Organisations and Datasets.
package demo
