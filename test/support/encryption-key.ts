/** For `TREADLE_ENCRYPTION_KEYS`: a key of that id, of 32 times this byte. */
export const encryptionKey = (id: string, byte: number) => `${id}=${Buffer.alloc(32, byte).toString('base64')}`

/** What one key is exchanged for another with. */
export const [OLD, NEW] = [encryptionKey('old', 1), encryptionKey('new', 2)]
