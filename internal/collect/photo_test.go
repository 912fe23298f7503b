package collect_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"io"
	"testing"
	"testing/iotest"

	"socle/internal/blob"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// A photo is known by what was sent; what is kept, counted and given says nothing of where
// and with what it was taken.
func TestPhotoLosesItsPlace(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		const place = "43.5204 N 1.3421 E"
		var b bytes.Buffer
		o.must(jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 90, 60)), nil))
		told := "http://ns.adobe.com/xap/1.0/\x00" + place
		photo := bytes.Join([][]byte{b.Bytes()[:2], {0xFF, 0xE1, 0, byte(len(told) + 2)}, []byte(told), b.Bytes()[2:], []byte("a film of " + place)}, nil)
		sum := sha256.Sum256(photo)
		hash := hex.EncodeToString(sum[:])
		file := collect.File{Field: "photo", Name: "puits.jpg", Type: "image/jpeg", Size: int64(len(photo)), Hash: hash}
		for n := 1; n <= 2; n++ {
			o.put(as(o.editor), f, collect.Sent{ID: id(n), Values: form.Values{"nom": "A" + id(n), "photo": "puits.jpg"}, Files: []collect.File{file}})
			_, err := o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(n), hash, bytes.NewReader(photo[:len(photo)-1])) // cut after the picture
			o.fails(errs.Invalid, err)
			for range 2 {
				_, err = o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(n), hash, iotest.OneByteReader(bytes.NewReader(photo)))
				o.must(err)
			}
		}
		got, r, err := o.collect.PublicFile(o.ctx, o.editor, f.Resource, id(2), hash)
		o.must(err)
		kept, err := io.ReadAll(r)
		o.must(err)
		o.must(r.Close())
		if !bytes.Equal(kept, b.Bytes()) || got.Size != int64(len(kept)) || got.Hash != hash {
			o.Errorf("%d bytes of %+v, want the %d of the picture: %q", len(kept), got, b.Len(), kept)
		}
		var named []string
		for h, err := range o.collect.ReferencedBlobs(o.ctx, identity.System("test")) {
			o.must(err)
			named = append(named, h)
		}
		if sum := sha256.Sum256(kept); len(named) != 1 || named[0] != hex.EncodeToString(sum[:]) {
			o.Errorf("named are %v", named)
		}
		if _, err := o.blobs.Stat(o.ctx, blob.Hash(hash)); !errs.Is(err, errs.NotFound) {
			o.Errorf("what was sent is kept too: %v", err)
		}
		o.must(o.db.Read(o.ctx, func(tx *sqldb.Tx) error {
			held, err := collect.HeldTx(o.ctx, tx, o.org)
			if held != int64(len(kept)) {
				o.Errorf("%d bytes are counted, want %d", held, len(kept))
			}
			return err
		}))
	})
}
