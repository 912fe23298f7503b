// The contours of communes as the portal gives them: rings of which each corner says
// how far it is from the one before, in ten-thousandths of a degree.

// Where a place lies on the map of the whole world, a square of side 1.
export function world([lon, lat]: readonly [number, number]): [number, number] {
  const mercator = Math.log(Math.tan(Math.PI / 4 + (Math.max(-85, Math.min(85, lat)) * Math.PI) / 360));
  return [(lon + 180) / 360, 0.5 - mercator / (2 * Math.PI)];
}

// world backwards.
export function unworld([x, y]: readonly [number, number]): [lon: number, lat: number] {
  return [x * 360 - 180, (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90];
}

export interface Outline {
  code: string; // of the commune
  corners: Float64Array; // x and y on the map of the world, one after the other
  box: [number, number, number, number]; // least and greatest x, least and greatest y
}

const most = 200_000; // corners in all

export function outlines(contours: Record<string, number[][]> | undefined): Outline[] {
  const out: Outline[] = [];
  let n = 0;
  for (const [code, rings] of Object.entries(contours ?? {})) {
    for (const ring of rings) {
      n += ring.length / 2;
      if (n > most) return out;
      const o: Outline = { code, corners: new Float64Array(ring.length), box: [Infinity, -Infinity, Infinity, -Infinity] };
      let [lon, lat] = [0, 0];
      for (let i = 0; i + 1 < ring.length; i += 2) {
        lon += ring[i];
        lat += ring[i + 1];
        const [x, y] = world([lon / 1e4, lat / 1e4]);
        o.corners[i] = x;
        o.corners[i + 1] = y;
        o.box = [Math.min(o.box[0], x), Math.max(o.box[1], x), Math.min(o.box[2], y), Math.max(o.box[3], y)];
      }
      if (ring.length >= 8) out.push(o);
    }
  }
  return out;
}
