// Reads what pack.go wrote: two characters for 13 bits, the lowest first.
window.robustlossUnpack = (packed, length) => {
  const digit = (i) => { const c = packed.charCodeAt(i); return c - 33 - (c > 34) - (c > 60) - (c > 92); };
  const bytes = new Uint8Array(length);
  let bits = 0, held = 0, at = 0;
  for (let i = 0; at < length; i += 2) {
    bits |= (digit(i) + 91 * digit(i + 1)) << held;
    for (held += 13; held >= 8 && at < length; held -= 8, bits >>>= 8) bytes[at++] = bits & 255;
  }
  return bytes;
};
