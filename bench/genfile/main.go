// Command genfile writes the benchmark file and prints its path.
//
//	go run ./bench/genfile [-rows 1000000] [-faults 0] [-broken] [-dir DIR]
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"socle/bench/benchfile"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "rows to write")
	faults := flag.Float64("faults", 0, "share of rows with a fault")
	broken := flag.Bool("broken", false, "every cell wrong")
	dir := flag.String("dir", filepath.Join(os.TempDir(), "socle-bench"), "folder of the file")
	flag.Parse()
	path, err := benchfile.File(*dir, benchfile.Options{Rows: *rows, Faults: *faults, Broken: *broken, Seed: 42})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path)
}
