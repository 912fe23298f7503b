// Package picture takes out of pictures what is not the picture: where it was taken,
// when, with whose device, thumbnails, captions, and what devices append to the file (a
// film, a second picture). The picture itself passes byte for byte, and what is needed to
// show it right stays: profiles of colour, and which way is up.
//
// What stays is listed, the rest goes: JPEG (ITU-T T.81, Exif 3.0), PNG (W3C, third
// edition), WebP (RFC 9649), HEIF and AVIF (ISO/IEC 23008-12). Other files pass as they
// are. Nothing is decoded; a file that is cut or wrong gives what can be read of it. A
// HEIF whose index stands after its data passes with what these hold. The
// package knows no entry, no network, no database.
//
// Start with Clean in picture.go.
package picture
