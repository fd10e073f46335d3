import { deflateRawSync } from 'node:zlib'

/** A zip archive of one file, as a wheel is one. Its checksum is left out: who reads it here pins the whole archive. */
export function tinyZip(name: string, content: Buffer): Buffer {
  const path = Buffer.from(name)
  const packed = deflateRawSync(content)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(8, 8) // deflate
  header.writeUInt16LE(path.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(packed.length, 20)
  entry.writeUInt32LE(content.length, 24)
  entry.writeUInt16LE(path.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(entry.length + path.length, 12)
  end.writeUInt32LE(header.length + path.length + packed.length, 16)
  return Buffer.concat([header, path, packed, entry, path, end])
}
