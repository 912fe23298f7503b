package compat_test

import (
	"encoding/binary"
	"slices"
	"testing"
)

// mvtLayer is what the proofs need of a layer of a vector tile (Mapbox Vector Tile 2.1): where its points are, in its grid, and the
// texts that are values.
type mvtLayer struct {
	name            string
	extent, version uint64
	points          [][2]int64
	texts           []string
}

// message walks a message of protocol buffers.
func message(t *testing.T, b []byte, give func(number int, v uint64, data []byte)) {
	t.Helper()
	take := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			t.Fatal("the tile is cut")
		}
		b = b[n:]
		return v
	}
	part := func(size uint64) (data []byte) {
		if size > uint64(len(b)) {
			t.Fatal("the tile is cut")
		}
		data, b = b[:size], b[size:]
		return data
	}
	for len(b) > 0 {
		switch key := take(); key & 7 {
		case 0:
			give(int(key>>3), take(), nil)
		case 1:
			give(int(key>>3), 0, part(8))
		case 2:
			give(int(key>>3), 0, part(take()))
		default:
			t.Fatalf("wire type %d", key&7)
		}
	}
}

// readTile reads a tile of points.
func readTile(t *testing.T, tile string) (layers []mvtLayer) {
	t.Helper()
	message(t, []byte(tile), func(number int, _ uint64, data []byte) {
		if number != 3 {
			t.Errorf("field %d of a tile", number)
		}
		l := mvtLayer{extent: 4096, version: 1}
		message(t, data, func(number int, v uint64, data []byte) {
			switch number {
			case 1:
				l.name = string(data)
			case 2:
				l.points = append(l.points, readPoint(t, data))
			case 4:
				message(t, data, func(number int, _ uint64, data []byte) {
					if number == 1 {
						l.texts = append(l.texts, string(data))
					}
				})
			case 5:
				l.extent = v
			case 15:
				l.version = v
			}
		})
		if l.name == "" || l.version != 2 || slices.ContainsFunc(layers, func(other mvtLayer) bool { return other.name == l.name }) {
			t.Errorf("layer %q of version %d", l.name, l.version)
		}
		layers = append(layers, l)
	})
	return layers
}

// readPoint is where a feature is that is a point: it moves there, once.
func readPoint(t *testing.T, feature []byte) (at [2]int64) {
	t.Helper()
	kind, numbers := uint64(0), []int64{}
	message(t, feature, func(number int, v uint64, data []byte) {
		switch number {
		case 3:
			kind = v
		case 4:
			for len(data) > 0 {
				v, n := binary.Uvarint(data)
				numbers, data = append(numbers, int64(v>>1)^-int64(v&1)), data[n:]
			}
		}
	})
	const moveOnce = -5 // the command 9, read as the other numbers are
	if kind != 1 || len(numbers) != 3 || numbers[0] != moveOnce {
		t.Fatalf("a feature of kind %d with the geometry %v", kind, numbers)
	}
	return [2]int64{numbers[1], numbers[2]}
}
