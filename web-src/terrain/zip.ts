// A zip file without compression (APPNOTE 6.3: local headers, central directory),
// for what leaves the phone by hand.
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = table[(c ^ b) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

export interface Part {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const utf8 = 0x0800; // names are UTF-8

export function zip(parts: Part[], when: Date): Blob {
  const time = (when.getHours() << 11) | (when.getMinutes() << 5) | (when.getSeconds() >> 1);
  const date = ((Math.max(1980, when.getFullYear()) - 1980) << 9) | ((when.getMonth() + 1) << 5) | when.getDate();
  const out: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let at = 0;
  let directorySize = 0;
  for (const p of parts) {
    const name = new TextEncoder().encode(p.name);
    const sum = crc32(p.bytes);
    const head = (central: boolean) => {
      const v = new DataView(new ArrayBuffer(central ? 46 : 30));
      let i = 0;
      const put2 = (n: number) => (v.setUint16(i, n, true), (i += 2));
      const put4 = (n: number) => (v.setUint32(i, n, true), (i += 4));
      put4(central ? 0x02014b50 : 0x04034b50);
      if (central) put2(20);
      put2(20);
      put2(utf8);
      put2(0);
      put2(time);
      put2(date);
      put4(sum);
      put4(p.bytes.length);
      put4(p.bytes.length);
      put2(name.length);
      put2(0);
      if (central) {
        put2(0);
        put2(0);
        put2(0);
        put4(0);
        put4(at);
      }
      return v.buffer;
    };
    directory.push(head(true), name);
    directorySize += 46 + name.length;
    out.push(head(false), name, p.bytes);
    at += 30 + name.length + p.bytes.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, parts.length, true);
  end.setUint16(10, parts.length, true);
  end.setUint32(12, directorySize, true);
  end.setUint32(16, at, true);
  return new Blob([...out, ...directory, end.buffer], { type: "application/zip" });
}
