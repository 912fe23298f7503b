// Command socle is the open-data workshop of a territory.
package main

import (
	"os"

	"socle/internal/app"
)

func main() { os.Exit(app.Run()) }
