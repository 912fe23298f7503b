// Package schemas finds the schema of a reference: bundled, of the national
// catalogue, or at an address.
//
// It knows: how the catalogue is read again and kept when the network is missing;
// how long a descriptor that was read at an address is believed.
//
// It must not know: how a file is checked, or how bytes come over the network (it
// is given a function).
//
// Start with Service.Find.
package schemas
