// LZ4: blocks are compressed by a table of hashes, and unpacked again.
#include <stdint.h>
#include <string.h>
static uint8_t in[1 << 16], out[1 << 17], back[1 << 16];
static uint16_t table[1 << 12];
static uint32_t read32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}
static int compress(const uint8_t *s, int n, uint8_t *d) {
  uint8_t *o = d;
  int anchor = 0, i = 1;
  memset(table, 0, sizeof table);
  while (i + 12 < n) {
    uint32_t h = (read32(s + i) * 2654435761u) >> 20;
    int c = table[h];
    table[h] = i;
    if (read32(s + c) != read32(s + i) || c >= i) {
      i++;
      continue;
    }
    int len = 4;
    while (i + len + 5 < n && s[c + len] == s[i + len]) len++;
    int lit = i - anchor;
    uint8_t *token = o++;
    if (lit >= 15) {
      *token = 15 << 4;
      int l = lit - 15;
      while (l >= 255) {
        *o++ = 255;
        l -= 255;
      }
      *o++ = l;
    } else *token = lit << 4;
    for (int k = 0; k < lit; k++) *o++ = s[anchor + k];
    *o++ = i - c;
    *o++ = (i - c) >> 8;
    int m = len - 4;
    if (m >= 15) {
      *token |= 15;
      m -= 15;
      while (m >= 255) {
        *o++ = 255;
        m -= 255;
      }
      *o++ = m;
    } else *token |= m;
    i += len;
    anchor = i;
  }
  int lit = n - anchor;
  *o++ = (lit >= 15 ? 15 : lit) << 4;
  if (lit >= 15) {
    int l = lit - 15;
    while (l >= 255) {
      *o++ = 255;
      l -= 255;
    }
    *o++ = l;
  }
  memcpy(o, s + anchor, lit);
  return o + lit - d;
}
static int decompress(const uint8_t *s, int n, uint8_t *d) {
  const uint8_t *e = s + n;
  uint8_t *o = d;
  while (s < e) {
    int t = *s++, l = t >> 4;
    if (l == 15) {
      int b;
      do {
        b = *s++;
        l += b;
      } while (b == 255);
    }
    memcpy(o, s, l);
    o += l;
    s += l;
    if (s >= e) break;
    int off = s[0] | s[1] << 8;
    s += 2;
    int m = t & 15;
    if (m == 15) {
      int b;
      do {
        b = *s++;
        m += b;
      } while (b == 255);
    }
    m += 4;
    const uint8_t *f = o - off;
    while (m--) *o++ = *f++;
  }
  return o - d;
}
__attribute__((export_name("run"))) int run(int rounds) {
  unsigned s = 7;
  for (int i = 0; i < (int)sizeof in - 1; i++) {
    if (i % 37 < 20 && i > 300) in[i] = in[i - 257];
    else {
      s = s * 1103515245 + 12345;
      in[i] = s >> 18 & 31;
    }
  }
  int n = 0;
  for (int r = 0; r < rounds; r++) {
    int c = compress(in, sizeof in - 1, out);
    n += c + decompress(out, c, back) + (memcmp(in, back, sizeof in - 1) != 0) * 1000000;
  }
  return n;
}
