import { inflateRawSync } from 'node:zlib'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const END_SIZE = 22
const ENTRY_SIZE = 46
const LOCAL_HEADER_SIZE = 30

/**
 * One file of a zip archive (a wheel is one), unpacked. Node has inflate but no zip, and this is all we need of it: no
 * encryption, no Zip64, sizes from the directory at the end.
 * @throws Error when the archive is broken or has no such file.
 */
export function readZipEntry(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end === -1 || archive.readUInt32LE(end) !== END_OF_DIRECTORY || end + END_SIZE > archive.length) {
    throw new Error('the archive is not a zip file, or is cut off')
  }
  let offset = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(offset) !== DIRECTORY_ENTRY) throw new Error('the archive has a broken directory')
    const nameLength = archive.readUInt16LE(offset + 28)
    const entryName = archive.toString('utf8', offset + ENTRY_SIZE, offset + ENTRY_SIZE + nameLength)
    if (entryName === name) return unpack(archive, offset)
    offset += ENTRY_SIZE + nameLength + archive.readUInt16LE(offset + 30) + archive.readUInt16LE(offset + 32)
  }
  throw new Error(`the archive has no file ${name}`)
}

function unpack(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10)
  const packedSize = archive.readUInt32LE(entry + 20)
  const header = archive.readUInt32LE(entry + 42)
  // The local header has its own name and extra field, whose lengths may differ from the directory's.
  const start = header + LOCAL_HEADER_SIZE + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const packed = archive.subarray(start, start + packedSize)
  if (method === 0) return packed
  if (method === 8) return inflateRawSync(packed)
  throw new Error(`the archive packs by a method (${method}) that is not known here`)
}
