// The script that reads the tiles of maps, beside the page: a file of our own, as the content policy asks.
import "maplibre-gl/dist/maplibre-gl-worker.mjs";
