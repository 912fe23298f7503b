// Package openrosa maps forms and entries to and from the interfaces that ODK
// Collect, KoboCollect and other clients of OpenRosa speak: the list of forms, the
// manifest of their files, the XForm of a form, the XML of a submission, the answer to
// one, the settings that a client reads from a QR code.
//
// It knows shapes; it must not know HTTP, nor who may fill in what. Start at
// openrosa.go (the protocol), xform.go (a form written), submission.go (an entry read);
// layout.go says which element stands for which question, for both.
package openrosa
